<?php
// SPDX-License-Identifier: Apache-2.0
// Roundcube 1.6 signs its users in at Mintmark's issuer. Put this file into /etc/roundcube/ as mintmark.inc.php, owned by
// root and group www-data with mode 0640 (it holds the client's secret), include it at the end of config.inc.php, and
// read Mintmark's doc/roundcube.md.

$config['plugins'][] = 'mintmark_pkce';

// Roundcube's own name for "any provider".
$config['oauth_provider']      = 'generic';
$config['oauth_provider_name'] = 'your company';

// The addresses are those of ISSUER/.well-known/openid-configuration.
$config['oauth_auth_uri']      = 'https://login.example/authorize';
$config['oauth_token_uri']     = 'https://login.example/token';
$config['oauth_identity_uri']  = 'https://login.example/userinfo';
$config['mintmark_logout_uri'] = 'https://login.example/logout';

// As 'mintmark client add' made it.
$config['oauth_client_id']     = 'roundcube';
$config['oauth_client_secret'] = 'SECRET';

// openid: who it is. mail.read: what the mail service demands ('scopes'). offline_access: a refresh token, so that who
// reads for longer than an hour is not signed out.
$config['oauth_scope']       = 'openid email mail.read offline_access';
$config['mintmark_resource'] = 'https://mail.example';

// The claim that names the mailbox; Dovecot is told the same one.
$config['oauth_identity_fields'] = ['preferred_username', 'email'];

// No form for passwords: there is nothing behind it.
$config['oauth_login_redirect'] = true;
