using System.Collections.Concurrent;
using System.Net.Sockets;
using TunnelRpc.Testing.Faults.Relaying;

namespace TunnelRpc.Testing.Faults;

/// <summary>
/// A proxy on a free port of 127.0.0.1, for tests, that injects the faults of its profile between a client and a server. With an upstream
/// it is a reverse proxy for it. It is always a forward proxy also, for requests with an absolute http URL and for CONNECT.
/// </summary>
/// <remarks>
/// <para>Thread-safety: all members are thread-safe.</para>
/// <para>Disposal: the test that starts the proxy disposes it. Disposal closes all sockets, and it completes after all tasks of the proxy
/// have ended.</para>
/// </remarks>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly ProxyState _state;
    private readonly CancellationTokenSource _stop;
    private readonly FaultListener _listener;
    private readonly ConcurrentDictionary<ClientConnection, Task> _openConnections = new();
    private readonly AtomicCounter _connections = new();
    private readonly Lock _gate = new();
    private readonly Task _accepting;

    // Guarded by _gate.
    private Task? _disposal;

    private FaultProxy(Uri? upstream, FaultProfile profile, FaultProxyOptions options)
    {
        _stop = new CancellationTokenSource();
        Seed = options.Seed ?? Random.Shared.Next();
        _state = new ProxyState(upstream, Seed, options, profile, _stop.Token);
        _listener = new FaultListener(profile.RefusesConnections);
        Address = new Uri($"http://127.0.0.1:{_listener.Port}/");
        _accepting = AcceptAsync();
    }

    /// <summary>The URL of the proxy: http, 127.0.0.1 and its port.</summary>
    public Uri Address { get; }

    /// <summary>The seed of the proxy's randomness. Set <see cref="FaultProxyOptions.Seed"/> to it to repeat a run.</summary>
    public int Seed { get; }

    /// <summary>
    /// The behavior of the proxy. A change applies to exchanges that start after it, on open connections too. Tunnels and exchanges in
    /// progress keep the former profile: <see cref="Reset"/> ends them.
    /// </summary>
    /// <exception cref="ArgumentException">The new profile is invalid: an empty name, or a limit outside its range.</exception>
    /// <exception cref="SocketException">
    /// The new profile refuses connections, and another program bound the port while the proxy reopened it.
    /// </exception>
    /// <exception cref="ObjectDisposedException">A profile is set after the proxy was disposed.</exception>
    public FaultProfile Profile
    {
        get => _state.Profile;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposal is not null, this);
                _state.Profile = value;
                _listener.SetRefusing(value.RefusesConnections);
            }
        }
    }

    /// <summary>
    /// A snapshot of the last requests read at <see cref="FaultLevel.Http"/>, at most <see cref="FaultProxyOptions.MaxRecordedRequests"/>,
    /// in order of arrival.
    /// </summary>
    public IReadOnlyList<FaultProxyRequest> Requests => _state.Log.Snapshot();

    /// <summary>A snapshot of the totals since the start.</summary>
    public FaultProxyCounters Counters =>
        new(_connections.Value, _openConnections.Count, _state.Log.Count, _state.BytesUp.Value, _state.BytesDown.Value);

    /// <summary>The GETs that wait, or have waited, for the response of another one (<see cref="FaultProfile.CoalescesGets"/>).</summary>
    internal int JoinedGetCount => _state.Coalescer.JoinedCount;

    /// <summary>Starts a proxy, which accepts connections when the task completes.</summary>
    /// <param name="upstream">
    /// The server: an http URL, of which the proxy uses the host and the port. With <see cref="FaultLevel.Tcp"/> it may be an https URL.
    /// Null for a forward proxy only.
    /// </param>
    /// <param name="profile">The behavior; null for <see cref="FaultProfiles.Transparent"/>.</param>
    /// <param name="configure">Sets further options; null for the defaults.</param>
    /// <returns>The proxy. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="upstream"/> is not an absolute http or https URL, the profile is invalid, or an option is outside its range.
    /// </exception>
    public static Task<FaultProxy> StartAsync(
        Uri? upstream, FaultProfile? profile = null, Action<FaultProxyOptions>? configure = null)
    {
        if (upstream is not null && (!upstream.IsAbsoluteUri || upstream.Scheme is not ("http" or "https")))
        {
            throw new ArgumentException(
                "Expected an absolute http or https URL of the upstream, or null for a forward proxy only.", nameof(upstream));
        }

        profile ??= FaultProfiles.Transparent;
        profile.Validate();
        var options = new FaultProxyOptions();
        configure?.Invoke(options);
        options.Validate();
        return Task.FromResult(new FaultProxy(upstream, profile, options));
    }

    /// <summary>Resets every open connection (RST on both sides). The proxy still accepts new ones.</summary>
    public void Reset()
    {
        foreach (ClientConnection connection in _openConnections.Keys)
        {
            connection.Termination.Reset();
        }
    }

    /// <summary>
    /// Stops all traffic until <see cref="Resume"/>, like a pulled cable: the proxy sends no byte in either direction, and it accepts new
    /// connections but does not read from them. Without effect while the proxy is paused.
    /// </summary>
    public void Pause() => _state.Pause.Close();

    /// <summary>Ends <see cref="Pause"/>. The proxy has lost no byte. Without effect while it is not paused.</summary>
    public void Resume() => _state.Pause.Open();

    /// <summary>Returns address, profile and seed, for the messages of assertions.</summary>
    public override string ToString() => $"fault proxy {Address.Authority} \"{Profile.Name}\" (seed {Seed})";

    /// <summary>
    /// Closes all sockets and completes after all tasks of the proxy have ended. It may be called any number of times.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposal ??= StopAsync());
        }
    }

    private async Task StopAsync()
    {
        // The caller holds _gate: run the rest without it.
        await Task.Yield();
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_openConnections.Values).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false) is { } socket)
        {
            _connections.Add(1);
            var connection = new ClientConnection(_state, socket, (int)_connections.Value);
            var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _openConnections[connection] = ServeAsync(connection, registered.Task);
            registered.SetResult();
        }
    }

    private async Task ServeAsync(ClientConnection connection, Task registered)
    {
        await registered.ConfigureAwait(false);
        using (connection)
        {
            try
            {
                await connection.RunAsync().ConfigureAwait(false);
            }
            finally
            {
                _openConnections.TryRemove(connection, out _);
            }
        }
    }
}
