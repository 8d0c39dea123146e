<?php
// What a web server's rewrite rules do: existing files as they are, everything else to WordPress.
define('ABSPATH', '{{SITE}}');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path !== '/' && is_file(__DIR__ . $path) && !str_ends_with($path, '.php')) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = '/index.php';
$_SERVER['PHP_SELF'] = '/index.php';
define('WP_USE_THEMES', true);
require ABSPATH . 'wp-blog-header.php';
