// SPDX-License-Identifier: Apache-2.0
// Tokens to and from npm's jsonwebtoken, for jsonwebtoken.sh.
//
//   node jsonwebtoken.mjs sign PEM ALG KID     signs the claims on standard input; prints the token
//   node jsonwebtoken.mjs verify PEM ALG FILE…  for each file: 'accepted FILE', where its token is good by that public
//                                               key, that algorithm and the audience; else 'refused FILE WHY'
import { readFileSync } from 'node:fs'
import jsonwebtoken from 'jsonwebtoken'

function sign(pem, algorithm, keyid) {
	const claims = JSON.parse(readFileSync(0, 'utf8'))

	console.log(jsonwebtoken.sign(claims, readFileSync(pem), { algorithm, keyid, header: { typ: 'at+jwt' } }))
}

function verify(pem, algorithm, ...files) {
	for (const file of files) {
		try {
			jsonwebtoken.verify(readFileSync(file, 'utf8').trim(), readFileSync(pem),
				{ algorithms: [algorithm], audience: 'https://mail.example' })
			console.log(`accepted ${file}`)
		} catch (error) {
			console.log(`refused ${file} ${error.message}`)
		}
	}
}

const [verb, ...rest] = process.argv.slice(2)
await { sign, verify }[verb](...rest)
