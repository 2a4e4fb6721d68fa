/** Bundles the dashboard after a change of `dashboard/`. `npm run dashboard:build` */
import { writeFile } from 'node:fs/promises';
import { DASHBOARD, dashboardModule } from './dashboard.js';

await writeFile(DASHBOARD, await dashboardModule());
