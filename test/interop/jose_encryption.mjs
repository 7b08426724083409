// SPDX-License-Identifier: Apache-2.0
// JWEs of npm's jose, for jose-encryption.sh.
//
//   node jose_encryption.mjs encrypt FOLDER   for each algorithm of key management and of content: NAME.jwe, what it
//                                             says in NAME.text, its private key in NAME.jwk; prints the names
import { writeFileSync } from 'node:fs'
import { CompactEncrypt, base64url, exportJWK, generateKeyPair, generateSecret } from 'jose'

const encryptions = ['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512']
const pairs = [
	['RSA-OAEP'], ['RSA-OAEP-256'],
	...['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'].flatMap((alg) =>
		['P-256', 'P-384', 'P-521', 'X25519'].map((crv) => [alg, crv])),
]
const secrets = ['A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW']

async function encrypt(folder, name, alg, enc, key, jwk, party) {
	const text = `${name}: you can trust us to stick with you, ẞ and all`
	const jwe = new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader({ alg, enc, typ: 'JWT' })
	if (party && alg.startsWith('ECDH'))
		jwe.setKeyManagementParameters({ apu: new TextEncoder().encode('Alice'), apv: new TextEncoder().encode('Bob') })

	writeFileSync(`${folder}/${name}.jwe`, await jwe.encrypt(key))
	writeFileSync(`${folder}/${name}.text`, text)
	writeFileSync(`${folder}/${name}.jwk`, JSON.stringify({ ...jwk, alg }))
	console.log(name)
}

async function encryptAll(folder) {
	for (const [alg, crv] of pairs) {
		const { publicKey, privateKey } = await generateKeyPair(alg, { crv, extractable: true })
		const jwk = await exportJWK(privateKey)
		for (const [i, enc] of encryptions.entries())
			await encrypt(folder, [alg, crv, enc].filter(Boolean).join('_'), alg, enc, publicKey, jwk, i % 2 === 1)
	}
	for (const alg of secrets) {
		const secret = await generateSecret(alg, { extractable: true })
		for (const enc of encryptions)
			await encrypt(folder, `${alg}_${enc}`, alg, enc, secret, await exportJWK(secret))
	}
	for (const enc of encryptions) {
		const secret = await generateSecret(enc, { extractable: true })
		const jwk = secret instanceof Uint8Array ? { kty: 'oct', k: base64url.encode(secret) } : await exportJWK(secret)
		await encrypt(folder, `dir_${enc}`, 'dir', enc, secret, jwk)
	}
}

const [verb, folder] = process.argv.slice(2)
if (verb !== 'encrypt' || !folder) throw new Error('usage: node jose_encryption.mjs encrypt FOLDER')
await encryptAll(folder)
