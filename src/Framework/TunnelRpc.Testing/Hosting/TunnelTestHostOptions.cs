using TunnelRpc.Client;

namespace TunnelRpc.Testing.Hosting;

/// <summary>What a test sets of its server and of its clients.</summary>
public sealed class TunnelTestHostOptions
{
    /// <summary>The clock of the server and of every client. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Sets the server's options; unhandled exceptions' texts travel by default, for tests to see.</summary>
    public Action<TunnelServerOptions>? ConfigureServer { get; set; }

    /// <summary>Sets the options of every client, for instance the callbacks it serves.</summary>
    public Action<TunnelClientOptions>? ConfigureClient { get; set; }
}
