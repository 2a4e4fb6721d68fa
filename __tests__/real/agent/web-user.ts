import type { Browser, Locator, Page } from 'playwright-core';
import { eventually, type Reply } from './user.js';

const PATIENCE_MS = 40_000;

/** A person who types in the web UI of an agent's server, which has to run with `ELIZA_UI_ENABLE=true`. */
export class WebUser {
  readonly #input: Locator;
  readonly #thinking: Locator;
  readonly #answers: Locator;

  private constructor(private readonly page: Page) {
    this.#input = page.getByTestId('chat-input');
    this.#thinking = page.getByText('is thinking');
    this.#answers = page.getByTestId('chat-messages').locator('.self-start .markdown-content');
  }

  static async arrive(browser: Browser, { url, agentId }: { url: string; agentId: string }): Promise<WebUser> {
    const page = await browser.newPage();
    // The UI asks GitHub for releases and plugins.
    await page.route(
      ({ origin }) => origin !== url,
      (route) => route.abort(),
    );
    await page.goto(`${url}/chat/${agentId}`);
    // The UI creates a channel, and adds its id to the address.
    await page.waitForURL(/\/chat\/[^/]+\/[^/]+$/);
    await page.getByText('Connected', { exact: true }).waitFor();
    return new WebUser(page);
  }

  /** Closes the page, whose connection the server would wait for. */
  leave(): Promise<void> {
    return this.page.close();
  }

  /** The agent's answers as they are shown, first one first. */
  answers(): Promise<string[]> {
    return this.#answers.allInnerTexts();
  }

  /**
   * Types and sends a message, and waits until all that is shown in return is `answer` and the input can be used again.
   * After `PATIENCE_MS` the reply is what is shown then.
   */
  async say(content: string, answer: string): Promise<Reply> {
    const before = (await this.answers()).length;
    const startedAt = Date.now();
    await this.#input.fill(content);
    await this.#input.press('Enter');
    const look = async () => ({
      text: (await this.answers()).slice(before).join('\n'),
      isUsable: (await this.#input.isEnabled()) && !(await this.#thinking.isVisible()),
    });
    const { text, isUsable } = await eventually(look, (seen) => seen.isUsable && seen.text === answer, PATIENCE_MS);
    const error = isUsable ? undefined : 'the input cannot be used';
    return { answered: text !== '', text, chunks: [], error, ms: Date.now() - startedAt };
  }
}
