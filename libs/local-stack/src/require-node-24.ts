// Imported first by every entry point, for its effect: the system's Node may be older than the one that npm scripts run on.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `Keiyaku needs Node 24 and this is ${process.versions.node}: run "npm ci" once, then use the npm scripts (npm start, npm run demo, npm test).\n`,
  );
  process.exit(1);
}
