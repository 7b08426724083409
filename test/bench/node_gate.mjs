// SPDX-License-Identifier: Apache-2.0
// A gate as one writes it in Node.js with npm's jose: node node_gate.mjs PORT JWKS ISSUER AUDIENCE. It answers 200 with
// the subject where the bearer token is good by the key set, the issuer, the audience and the times; else 401.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createLocalJWKSet, jwtVerify } from 'jose'

const [port, jwks, issuer, audience] = process.argv.slice(2)
const keys = createLocalJWKSet(JSON.parse(readFileSync(jwks, 'utf8')))

const server = createServer((request, response) => {
	const [scheme, token] = (request.headers.authorization ?? '').split(' ')

	if (scheme !== 'Bearer' || !token) {
		response.writeHead(401, { 'Content-Length': 0 }).end()
		return
	}
	jwtVerify(token, keys, { issuer, audience, requiredClaims: ['iat', 'exp'] })
		.then(({ payload }) => response.writeHead(200, { 'X-Subject': payload.sub, 'Content-Length': 0 }).end())
		.catch(() => response.writeHead(401, { 'Content-Length': 0 }).end())
})

// Connections wait while others take their turns.
server.keepAliveTimeout = 600000
server.listen(Number(port), '127.0.0.1')
