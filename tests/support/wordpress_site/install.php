<?php
define('ABSPATH', '{{SITE}}');
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1:{{PORT}}';
$_SERVER['REQUEST_URI'] = '/';

// Defined first, so that the installer's mail to the administrator goes nowhere.
function wp_mail(...$arguments)
{
    return true;
}

require ABSPATH . 'wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

wp_install('Contract site', 'administrator', 'administrator@example.com', true, '', wp_generate_password());
update_option('permalink_structure', '/%postname%/');
switch_theme('twentytwentythree');
$wp_rewrite->init();
flush_rewrite_rules(true);

// A role that may write and publish pages but not post unfiltered HTML, as on many hosts.
add_role('page_writer', 'Page writer', [
    'read' => true, 'edit_posts' => true, 'edit_pages' => true, 'edit_others_pages' => true,
    'edit_published_pages' => true, 'publish_pages' => true,
]);
$writer = wp_insert_user([
    'user_login' => 'writer', 'user_pass' => wp_generate_password(), 'user_email' => 'writer@example.com', 'role' => 'page_writer',
]);
$application = ['name' => 'marketeer'];
echo json_encode([
    'administrator' => 'administrator',
    'administrator_password' => WP_Application_Passwords::create_new_application_password(1, $application)[0],
    'writer' => 'writer',
    'writer_password' => WP_Application_Passwords::create_new_application_password($writer, $application)[0],
]);
