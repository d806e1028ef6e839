#!/usr/bin/env node
import { runCommand } from './program.ts';

// Whoever reads the output may have enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCommand(process.argv.slice(2), process);
