// SPDX-License-Identifier: Apache-2.0
// A real OpenID provider on loopback, for openid-provider.sh: node provider.mjs SETTINGS KEYS
//
// SETTINGS is a JSON file: 'port'; 'resource', the mail service's audience; 'scope', what it knows; 'clients', each
// with 'id', 'secret' and 'alg', by which its access and ID tokens are signed; 'mailboxes', by login name.
// KEYS is a set of private keys, of provider_keys.mjs: the first that fits an algorithm signs.
// Everybody signs in with any password, in the provider's own development forms. Nothing is kept when it ends.
import { readFileSync } from 'node:fs'
import Provider from 'oidc-provider'

const [settings, jwks] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')))
const issuer = `http://127.0.0.1:${settings.port}`

function describeClient({ id, secret, alg }) {
	return {
		client_id: id,
		client_secret: secret,
		grant_types: ['authorization_code', 'client_credentials'],
		response_types: ['code'],
		redirect_uris: [`${issuer}/signed-in`],
		id_token_signed_response_alg: alg,
	}
}

// RFC 8707: a client names the resource that a token is for; RFC 9068: such tokens are JWTs of type at+jwt.
function describeResource(context, resource, client) {
	if (resource !== settings.resource) throw new Error(`there is no ${resource}`)
	return {
		scope: settings.scope,
		audience: resource,
		accessTokenFormat: 'jwt',
		accessTokenTTL: 600,
		jwt: { sign: { alg: settings.clients.find(({ id }) => id === client.clientId).alg } },
	}
}

const provider = new Provider(issuer, {
	jwks,
	clients: settings.clients.map(describeClient),
	cookies: { keys: ['of no worth'] },
	ttl: { IdToken: 600 },
	findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
	extraTokenClaims: (context, token) => token.accountId && { email: settings.mailboxes[token.accountId] },
	features: {
		clientCredentials: { enabled: true },
		devInteractions: { enabled: true },
		resourceIndicators: { enabled: true, getResourceServerInfo: describeResource },
	},
})
provider.on('server_error', (context, error) => console.error(error))
provider.listen(settings.port, '127.0.0.1')
