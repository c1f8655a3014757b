using TunnelRpc.Client;

namespace TunnelRpc.Testing.Hosting;

/// <summary>The options of a <see cref="TunnelTestHost"/>. Not thread-safe.</summary>
public sealed class TunnelTestHostOptions
{
    /// <summary>The clock of the server and of every client. Default: the system's clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Sets the options of the server; null for none. In contrast to other servers, <see cref="TunnelOptions.IncludeExceptionDetails"/> is
    /// on by default, so that tests see the messages of unhandled exceptions. Default null.
    /// </summary>
    public Action<TunnelServerOptions>? ConfigureServer { get; set; }

    /// <summary>
    /// Sets the options of every client, for instance the callbacks that it serves; null for none.
    /// <see cref="TunnelOptions.IncludeExceptionDetails"/> is on by default. Default null.
    /// </summary>
    public Action<TunnelClientOptions>? ConfigureClient { get; set; }
}
