'use strict'

// Connects to a server's MapReverseHttp address and responds to the HTTP requests that the server sends:
//   GET  /hello  -> "hello from node"
//   POST /echo   -> the body, upper case
//   anything else -> 404
//   POST /quit   -> "bye", and the process exits
// Usage: node peer.js http://127.0.0.1:PORT/PATH

const reverseHttp = require('reverse-http')

const address = new URL(process.argv[2])

const server = reverseHttp({ hostname: address.hostname, port: Number(address.port), path: address.pathname }, (request, response) => {
  const chunks = []
  request.on('data', chunk => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8')
    console.log(`${request.method} ${request.url} ${body.length}`)
    response.setHeader('Content-Type', 'text/plain')
    if (request.method === 'GET' && request.url === '/hello') {
      response.end('hello from node')
    } else if (request.method === 'POST' && request.url === '/echo') {
      response.end(body.toUpperCase())
    } else if (request.method === 'POST' && request.url === '/quit') {
      response.end('bye', () => server.destroy())
    } else {
      response.writeHead(404)
      response.end()
    }
  })
})

server.on('error', error => {
  console.error(error.message)
  process.exit(1)
})
