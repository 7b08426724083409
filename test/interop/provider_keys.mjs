// SPDX-License-Identifier: Apache-2.0
// Private keys for provider.mjs: node provider_keys.mjs FILE ALG:KID…
// New ones, put before those that the file has already.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { exportJWK, generateKeyPair } from 'jose'

const [path, ...wanted] = process.argv.slice(2)
const older = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).keys : []

async function makeKey(text) {
	const [alg, kid] = text.split(':')
	const { privateKey } = await generateKeyPair(alg, { extractable: true })
	return { ...await exportJWK(privateKey), alg, use: 'sig', kid }
}

writeFileSync(path, JSON.stringify({ keys: [...await Promise.all(wanted.map(makeKey)), ...older] }))
