// An OpenID Connect issuer for the stories, made with the library of a real issuer:
//
//	node issuer.mjs FOLDER provider|mock|plain CERTIFICATE KEY
//
// FOLDER has the packages in its node_modules. "provider" is oidc-provider, whose
// token endpoint issues the tokens. "mock" is oauth2-mock-server, whose tokens have
// any claims that a test wants. "plain" is the mock without TLS. The first line of
// output is the issuer's URL. Then each line of input is a command in JSON, and each
// line of output its answer.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, kind, certificate, key] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(folder, 'node_modules', path)));
const tls = { cert: readFileSync(certificate), key: readFileSync(key) };

// provider is an issuer. Its client, a CI system, requests tokens for itself.
async function provider(url) {
	const { default: Provider } = await load('oidc-provider/lib/index.js');
	const keys = [];
	let handle;
	const rotate = () => {
		const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
		keys.unshift({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' });
		handle = new Provider(url, {
			clients: [{ client_id: 'ci-job', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
			features: {
				clientCredentials: { enabled: true },
				devInteractions: { enabled: false },
				resourceIndicators: {
					enabled: true,
					defaultResource: () => 'urn:daypass',
					getResourceServerInfo: () => ({
						scope: '', audience: 'sts.amazonaws.com', accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'RS256' } },
					}),
				},
			},
			jwks: { keys: keys.slice(0, 2) },
		}).callback();
	};
	rotate();
	const token = () => new Promise((resolve, reject) => {
		const body = 'grant_type=client_credentials&client_id=ci-job&client_secret=secret';
		const request = https.request(url + '/token', {
			method: 'POST', rejectUnauthorized: false, // the server is this process
			headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
		}, async (reply) => {
			let text = '';
			for await (const chunk of reply) text += chunk;
			resolve(JSON.parse(text).access_token ?? reject(new Error(text)));
		});
		request.on('error', reject).end(body);
	});
	return { serve: (...at) => handle(...at), rotate, token };
}

async function mock(url) {
	const { OAuth2Issuer, OAuth2Service } = await load('oauth2-mock-server/dist/index.mjs');
	let issuer, handle;
	const renew = async () => {
		issuer = new OAuth2Issuer();
		issuer.url = url;
		await issuer.keys.generate('RS256');
		handle = new OAuth2Service(issuer).requestHandler;
	};
	await renew();
	return {
		serve: (...at) => handle(...at),
		rotate: renew, // the old key is removed at once
		token: ({ claims, expires }) => issuer.buildToken({
			expiresIn: expires ?? 300,
			scopesOrTransform: (_, payload) => { Object.assign(payload, claims); },
		}),
	};
}

let issuer;
const handler = (...at) => issuer.serve(...at);
const server = kind === 'plain' ? http.createServer(handler) : https.createServer(tls, handler);
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const url = `${kind === 'plain' ? 'http' : 'https'}://127.0.0.1:${server.address().port}`;
issuer = await { provider, mock, plain: mock }[kind](url);
console.log(url);
for await (const line of createInterface({ input: process.stdin })) {
	const command = JSON.parse(line);
	try {
		console.log(JSON.stringify({ ok: (await issuer[command.do](command)) ?? '' }));
	} catch (error) {
		console.log(JSON.stringify({ error: String(error) }));
	}
}
process.exit(0);
