/** The rules of the tree. A context is a folder under apps/ other than suite. */
const contexts = '^apps/(?!suite/)([^/]+)/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that import each other can only be understood together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      comment:
        "domain/ imports its own folder, the kernel's types, its own context's file of libs/events, and what a quantity " +
        'of storage means.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/domain/', pathNot: '\\.spec\\.ts$' },
      to: {
        pathNot: [
          '^apps/$1/src/domain/',
          '^libs/event-sourcing/src/(command|decider|event)\\.ts$',
          '^libs/events/src/$1\\.ts$',
          '^libs/catalogue/src/storage\\.ts$',
        ],
      },
    },
    {
      name: 'contexts-do-not-know-each-other',
      comment: 'They meet in libs/events and over HTTP.',
      severity: 'error',
      from: { path: contexts },
      to: { path: contexts, pathNot: '^apps/$1/' },
    },
    {
      name: 'only-the-module-is-wired',
      comment: 'Of a context, the suite and each main.ts import the module file only. The gateway is no context.',
      severity: 'error',
      from: { path: '^apps/(suite/src/(?!.*\\.spec\\.ts$)|(?!gateway/)[^/]+/src/main\\.ts$)' },
      to: { path: contexts, pathNot: '^apps/([^/]+)/src/\\1\\.module\\.ts$' },
    },
    {
      name: 'libs-know-no-context',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'published-language-imports-nothing',
      severity: 'error',
      from: { path: '^libs/events/' },
      to: { pathNot: '^libs/events/' },
    },
    {
      name: 'kernel-knows-no-events-of-contexts',
      comment: 'The kernel reserves values, parks events and seals personal ones; it knows no events of contexts.',
      severity: 'error',
      from: { path: '^libs/event-sourcing/' },
      to: {
        path: '^libs/events/',
        pathNot: '^libs/events/src/(reservation|parked-event|event-table|erased|subject)\\.ts$',
      },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^(apps|libs|scripts)/', pathNot: ['\\.spec\\.ts$', '/spec-[^/]+\\.ts$', '^libs/testing/'] },
      to: { path: ['^libs/testing/', '^test/', '\\.spec\\.ts$'] },
    },
    {
      name: 'declared-dependencies',
      severity: 'error',
      from: { path: '^(apps|libs|scripts)/', pathNot: ['\\.spec\\.ts$', '/spec-[^/]+\\.ts$', '^libs/testing/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['keiyaku-source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
