<?php
// SPDX-License-Identifier: Apache-2.0
//
// For Roundcube 1.6, which knows OAuth 2 but not PKCE (RFC 7636): its sign-in shows that whoever spends the code is who
// asked for it. Mintmark's issuers give no code without. Roundcube 1.7 has PKCE of its own (oauth_pkce) and does not
// need this plugin; see doc/roundcube.md.
//
// Besides, what 1.6 leaves open: a state that is absent in the session is refused (so nobody is signed in to another's
// account by a link), the token is asked for one mail service (RFC 8707), a refresh token is spent once, and signing out
// ends the session at the issuer too, so that the next person at this browser does not read the last one's mail.
//
//   $config['mintmark_resource']    audience of the mail service; empty: the client's own
//   $config['mintmark_logout_uri']  the issuer's end_session_endpoint; empty: only Roundcube's own session ends

class mintmark_pkce extends rcube_plugin
{
    // Before Roundcube makes its own.
    public function onload()
    {
        mintmark_pkce_oauth::take_place();
    }

    public function init()
    {
        $this->add_hook('logout_after', [$this, 'leave_issuer']);
    }

    public function leave_issuer($user)
    {
        $rcmail = rcmail::get_instance();
        $uri    = $rcmail->config->get('mintmark_logout_uri');

        if ($uri) {
            $rcmail->output->redirect($uri . '?' . http_build_query([
                'client_id'                => $rcmail->config->get('oauth_client_id'),
                'post_logout_redirect_uri' => preg_replace('/\?.*/', '', $rcmail->url([], true, true)),
            ]));
        }

        return $user;
    }
}

class mintmark_pkce_oauth extends rcmail_oauth
{
    public static function take_place()
    {
        self::$instance = new self();
        self::$instance->init();
    }

    public function login_redirect()
    {
        $verifier = self::base64url(random_bytes(32));
        $_SESSION['mintmark_verifier'] = $verifier;

        $this->options['auth_parameters'] = [
            'code_challenge'        => self::base64url(hash('sha256', $verifier, true)),
            'code_challenge_method' => 'S256',
        ] + $this->resource() + (array) $this->options['auth_parameters'];

        parent::login_redirect();
    }

    // Roundcube's own has no place for the verifier.
    public function request_access_token($code, $state = null)
    {
        $verifier = $_SESSION['mintmark_verifier'] ?? '';
        $expected = $_SESSION['oauth_state'] ?? '';
        $this->rcmail->session->remove('mintmark_verifier');
        $this->rcmail->session->remove('oauth_state');

        try {
            if ($verifier === '' || $expected === '' || !hash_equals($expected, (string) $state)) {
                throw new RuntimeException('this browser did not begin it, or too long ago');
            }

            $data = $this->ask_token([
                'grant_type'    => 'authorization_code',
                'code'          => $code,
                'code_verifier' => $verifier,
                'redirect_uri'  => $this->get_redirect_uri(),
            ]);
            $who  = $this->find_username($data);
            $authorization = $data['token_type'] . ' ' . $data['access_token'];
            unset($data['id_token']);
            $this->mask_auth_data($data);

            return ['username' => $who, 'authorization' => $authorization, 'token' => $data];
        }
        catch (Exception $e) {
            return $this->fail('OAuth sign-in', $e);
        }
    }

    // Roundcube's own does not say which mail service the next token is for.
    public function refresh_access_token(array $token)
    {
        try {
            $data = $this->ask_token([
                'grant_type'    => 'refresh_token',
                'refresh_token' => $this->rcmail->decrypt($token['refresh_token']),
            ]);
            $authorization = $data['token_type'] . ' ' . $data['access_token'];
            unset($data['id_token']);
            $this->mask_auth_data($data);
            $_SESSION['password']    = $this->rcmail->encrypt($authorization);
            $_SESSION['oauth_token'] = array_merge($token, $data);

            return ['token' => $data, 'authorization' => $authorization];
        }
        catch (Exception $e) {
            // The issuer says that the sign-in is over.
            if ($e->getCode() >= 400 && $e->getCode() < 500) {
                $this->rcmail->kill_session();
            }

            return $this->fail('OAuth refresh', $e);
        }
    }

    // Not the request itself, for it has the client's secret and the code.
    private function fail($what, $e)
    {
        $answer = $e instanceof \GuzzleHttp\Exception\RequestException ? $e->getResponse() : null;

        $this->last_error  = $what . ': ' . ($answer ? (string) $answer->getBody() : $e->getMessage());
        $this->no_redirect = true;
        rcube::raise_error(['message' => $this->last_error, 'file' => __FILE__, 'line' => __LINE__], true, false);

        return false;
    }

    // Requests of one browser run side by side, and a refresh token is good once: whoever comes second takes what the
    // first one got. If both spent it, the issuer would hold the second for a thief and end the whole session.
    protected function check_token_validity($token)
    {
        if (empty($token['expires']) || $token['expires'] >= time() || empty($token['refresh_token'])) {
            return false;
        }

        $number = hexdec(substr(hash('sha256', session_id()), 0, 2));
        $lock   = fopen(slashify($this->rcmail->config->get('temp_dir')) . "mintmark-refresh-$number.lock", 'c');
        if (!$lock || !flock($lock, LOCK_EX)) {
            return false;
        }

        $this->rcmail->session->reload();
        $token = $_SESSION['oauth_token'] ?? [];
        $fresh = !empty($token['expires']) && $token['expires'] >= time();
        if (!$fresh && !empty($token['refresh_token'])) {
            $fresh = parent::check_token_validity($token);
            if ($fresh) {
                $this->rcmail->session->sess_write(session_id(), session_encode());
            }
        }
        fclose($lock);

        return $fresh;
    }

    private function ask_token($parameters)
    {
        $client = new \GuzzleHttp\Client([
            'timeout'         => 10.0,
            'verify'          => $this->options['verify_peer'],
            'allow_redirects' => false,
        ]);
        $answer = $client->post($this->options['token_uri'], ['form_params' => $parameters + [
            'client_id'     => $this->options['client_id'],
            'client_secret' => $this->options['client_secret'],
        ] + $this->resource()]);
        $data = json_decode((string) $answer->getBody(), true);

        if (empty($data['access_token']) || empty($data['token_type']) || empty($data['expires_in'])) {
            throw new RuntimeException('the issuer\'s answer is none');
        }

        return $data;
    }

    // The ID token came from the issuer itself, over a connection that was checked (OpenID Connect Core 1.0,
    // section 3.1.3.7, 6.); jwt_decode() checks that it is for this client.
    private function find_username($data)
    {
        if (empty($data['id_token'])) {
            throw new RuntimeException('the issuer gave no ID token: is openid in the scope?');
        }

        $identity = $this->jwt_decode($data['id_token']);

        foreach ($this->options['identity_fields'] as $field) {
            if (!empty($identity[$field])) {
                return $identity[$field];
            }
        }

        throw new RuntimeException('the ID token has none of the oauth_identity_fields');
    }

    private function resource()
    {
        $resource = $this->rcmail->config->get('mintmark_resource');

        return $resource ? ['resource' => $resource] : [];
    }

    private static function base64url($bytes)
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }
}
