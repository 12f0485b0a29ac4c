#!/usr/bin/env node
// The command as `npm ci` links it: straight from its sources, which tsx compiles as they are loaded. The worker image carries
// a bundle instead, see build.mjs.
import 'tsx';

await import('../main.ts');
