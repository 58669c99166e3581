// Answers every CoAP request with its host's name, over IPv4 and IPv6.
'use strict'
const os = require('os')
const coap = require('coap')

const server = coap.createServer({ type: 'udp6' },
  (request, response) => response.end(os.hostname()))

server.listen(5683, () => console.log(`${os.hostname()} serves`))
