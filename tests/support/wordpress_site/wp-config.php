<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{{SOCKET}}');
define('DB_CHARSET', 'utf8mb4');
define('WP_CONTENT_DIR', '{{SITE}}wp-content');
// "local" lets application passwords work without HTTPS.
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_HOME', 'http://127.0.0.1:{{PORT}}');
define('WP_SITEURL', 'http://127.0.0.1:{{PORT}}');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_DEBUG', false);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define($name . '_KEY', 'contract tests, key');
    define($name . '_SALT', 'contract tests, salt');
}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', '{{SITE}}');
}
require_once ABSPATH . 'wp-settings.php';
