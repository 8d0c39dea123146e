<?php
// What SEO plugins do: one registered meta field, shown as the page's description.
add_action('init', function () {
    register_post_meta('page', 'meta_description', [
        'single' => true, 'type' => 'string', 'show_in_rest' => true,
        'auth_callback' => fn () => current_user_can('edit_pages'),
    ]);
});
add_action('wp_head', function () {
    $description = is_page() ? get_post_meta(get_queried_object_id(), 'meta_description', true) : '';
    if ($description !== '') {
        printf('<meta name="description" content="%s">' . "\n", esc_attr($description));
    }
});
