/**
 * The manifest's `repository` in a workflow; nothing elsewhere. Provenance ties a package to a repository: the one that
 * runs the workflow.
 */
export function repositoryOfWorkflow() {
  const repository = process.env.GITHUB_REPOSITORY;
  if (repository === undefined) return {};
  return { repository: { type: 'git', url: `git+https://github.com/${repository}.git` } };
}
