import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses, so that the page works under any path prefix.
  base: './',
  build: {
    // What is embedded must carry the licences of what was bundled into it.
    license: { fileName: 'licenses.md' },
    // Monaco alone is above the default warning limit.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      // Libraries mark files "use client", which means nothing here.
      checks: { moduleLevelDirective: false },
    },
  },
});
