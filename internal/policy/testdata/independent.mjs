// Judges requests with @cloud-copilot/iam-simulate: one JSON object a line in,
// one verdict a line out. The folder with its node_modules is the argument.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const require = createRequire(process.argv[2] + '/')
const { runSimulation } = await import(pathToFileURL(require.resolve('@cloud-copilot/iam-simulate')))

const named = (policies) => policies.map((policy, i) => ({ name: 'p' + i, policy }))

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const c = JSON.parse(line)
  let verdict
  try {
    const result = await runSimulation({
      request: {
        principal: c.principal, action: c.action, contextVariables: c.context,
        resource: { resource: c.resource, accountId: c.account }
      },
      identityPolicies: named(c.identity ?? []),
      permissionBoundaryPolicies: c.boundary ? named([c.boundary]) : undefined,
      sessionPolicy: c.session,
      resourcePolicy: c.target,
      serviceControlPolicies: [], resourceControlPolicies: []
    }, { simulationMode: 'Strict' })
    verdict = result.resultType === 'error' ? 'error ' + JSON.stringify(result.errors) : result.overallResult
    if (result.resultType === 'single' && result.result.ignoredContextKeys.length > 0) {
      verdict = 'error ignores ' + result.result.ignoredContextKeys
    }
  } catch (e) {
    verdict = 'error ' + e.message
  }
  process.stdout.write(verdict.replaceAll('\n', ' ') + '\n')
}
