"""Others' readers and searches beside ours: installed into an environment of their own, asked as programs of their own."""
