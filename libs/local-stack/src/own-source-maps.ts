// Loaded before a part's program: its stack traces name our sources. `--enable-source-maps` would read the maps of every
// dependency too, which takes a start most of a second.
import { setSourceMapsSupport } from 'node:module';

setSourceMapsSupport(true, { nodeModules: false });
