/** Says after `npm test` what it did not run. */
console.log('Left out: the real tier (a real LiteLLM, real agents; some minutes). Run it with: npm run test:real');
