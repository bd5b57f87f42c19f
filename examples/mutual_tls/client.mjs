// A Node client that shows who it is, and checks who answers:
//   node client.mjs client.crt client.key root.crt URL
import { readFileSync } from 'node:fs'
import { get } from 'node:https'

const [cert, key, ca] = process.argv.slice(2, 5).map((path) => readFileSync(path))

get(process.argv[5], { cert, key, ca }, (response) => {
  response.pipe(process.stdout)
}).on('error', (error) => {
  console.error(error.code)
  process.exitCode = 1
})
