/** Runs a hub with the settings of the environment. */
import { runHub } from './main.ts';

await runHub(process.env);
