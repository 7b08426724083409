// SPDX-License-Identifier: Apache-2.0
// Reads somebody's last message with imapflow: node read_mail.mjs PORT MECHANISM ADDRESS TOKEN
// MECHANISM is OAUTHBEARER or XOAUTH2. Prints the message; or 'NO [CODE]' and what else the server says, and ends with 1.
import { ImapFlow } from 'imapflow'

const [port, mechanism, address, token] = process.argv.slice(2)
const others = { OAUTHBEARER: 'AUTH=XOAUTH2', XOAUTH2: 'AUTH=OAUTHBEARER' }

// imapflow takes the best mechanism that the server offers: hide the other one from it.
class Client extends ImapFlow {
	authenticate() {
		this.capabilities.delete(others[mechanism])
		return super.authenticate()
	}
}

const client = new Client({
	host: '127.0.0.1',
	port: Number(port),
	secure: false,
	doSTARTTLS: false,
	auth: { user: address, accessToken: token },
	logger: false,
	connectionTimeout: 10000,
	greetingTimeout: 10000,
	socketTimeout: 20000,
})

try {
	await client.connect()
	if (!client.authCapabilities.has(`AUTH=${mechanism}`)) throw new Error(`not by ${mechanism}`)
	await client.mailboxOpen('INBOX')
	const { source } = await client.fetchOne('*', { source: true })
	console.log(source.toString())
	await client.logout()
} catch (error) {
	console.log(`NO [${error.serverResponseCode}] ${error.response ?? error.message}`)
	client.close()
	process.exitCode = 1
}
