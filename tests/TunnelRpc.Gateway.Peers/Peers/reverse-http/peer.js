'use strict'

// A program behind the gateway that claims its name with npm's reverse-http. It serves the application of peer.py, and reports to the test
// in the same way: one JSON object in a line, "go" permits one response to /held, and the program ends with its standard input.
// Usage: node peer.js http://127.0.0.1:PORT/PATH [CONNECTIONS]

const readline = require('readline')
const reverseHttp = require('reverse-http')

const text = 'hello, tunnel: ünïcödé ☃'
const address = new URL(process.argv[2])
const held = []
let permits = 0

function report (event, values) {
  console.log(JSON.stringify({ event, ...values }))
}

function release () {
  while (permits > 0 && held.length > 0) {
    permits--
    held.shift()()
  }
}

function pattern (count) {
  return Buffer.from(Array.from({ length: count }, (_, index) => (index * 7 + (index >> 8)) & 0xff))
}

function fieldsOf (request) {
  const raw = request.rawHeaders
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index], raw[2 * index + 1]])
}

function serve (request, body, response) {
  const url = new URL(request.url, 'http://origin')
  const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`
  switch (route) {
    case 'GET /text':
      response.setHeader('Content-Type', 'text/plain; charset=utf-8')
      response.end(text)
      break
    case 'GET /bytes':
      response.setHeader('Content-Type', 'application/octet-stream')
      response.end(pattern(Number(url.searchParams.get('count'))))
      break
    case 'POST /echo':
      response.setHeader('Content-Type', request.headers['content-type'] || 'application/octet-stream')
      response.end(body)
      break
    case 'GET /request':
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ target: request.url, fields: fieldsOf(request) }))
      break
    case 'PUT /item':
      response.writeHead(201, 'Made', { Location: '/item/1', 'Set-Cookie': ['a=1', 'b=2'] })
      response.end()
      break
    case 'DELETE /item':
      response.writeHead(204)
      response.end()
      break
    case 'GET /held':
      report('held')
      held.push(() => response.end('held'))
      release()
      break
    default:
      response.writeHead(404, { 'Content-Type': 'text/plain' })
      response.end('nothing here')
  }
}

const options = { hostname: address.hostname, port: Number(address.port), path: address.pathname }
for (let connection = 0; connection < Number(process.argv[3] || 1); connection++) {
  const server = reverseHttp(options, (request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => serve(request, Buffer.concat(chunks), response))
  })
  server.on('error', error => {
    console.error(error.message)
    process.exit(1)
  })
}

readline.createInterface({ input: process.stdin })
  .on('line', line => {
    if (line.trim() === 'go') {
      permits++
      release()
    }
  })
  .on('close', () => process.exit(0))
