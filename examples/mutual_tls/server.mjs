// A Node server that wants to know who is calling:
//   node server.mjs server.crt server.key clients.crt PORT
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

const [cert, key, ca] = process.argv.slice(2, 5).map((path) => readFileSync(path))

// Who shows no certificate of this CA is turned away during the handshake.
const server = createServer({ cert, key, ca, requestCert: true }, (request, response) => {
  const client = request.socket.getPeerCertificate()
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ told: client.subjectaltname }))
})

server.listen(Number(process.argv[5]), 'localhost', () => {
  console.log(`listening on ${server.address().port}`)
})
