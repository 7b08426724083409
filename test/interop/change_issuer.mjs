// SPDX-License-Identifier: Apache-2.0
// Prints a token with another issuer: node change_issuer.mjs TOKEN ISSUER [KEYS]
// Header and signature stay as they are; with KEYS, a provider's private keys, it is signed anew by the key that its
// header names, as whoever holds that key can.
import { readFileSync } from 'node:fs'
import { CompactSign, base64url, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'

const [token, issuer, keys] = process.argv.slice(2)
const payload = new TextEncoder().encode(JSON.stringify({ ...decodeJwt(token), iss: issuer }))

async function signAnew() {
	const header = decodeProtectedHeader(token)
	const key = JSON.parse(readFileSync(keys, 'utf8')).keys.find(({ kid }) => kid === header.kid)
	return new CompactSign(payload).setProtectedHeader(header).sign(await importJWK(key, header.alg))
}

function keepSignature() {
	const [header, , signature] = token.split('.')
	return `${header}.${base64url.encode(payload)}.${signature}`
}

console.log(keys ? await signAnew() : keepSignature())
