using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using TunnelRpc.Testing.Faults.Relaying;

namespace TunnelRpc.Testing.Faults;

/// <summary>
/// A proxy on a free port of 127.0.0.1 that misbehaves as it is told to: to be put between a client and a server in tests. With an
/// upstream it is a reverse proxy for it; in any case it is a forward proxy, for requests with an absolute http URL and for CONNECT.
/// Thread-safe. Disposal closes all sockets and completes when nothing of it runs any more.
/// </summary>
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

    /// <summary>Where the proxy listens: http, 127.0.0.1 and its port.</summary>
    public Uri Address { get; }

    /// <summary>From which its randomness comes; <see cref="FaultProxyOptions.Seed"/> repeats it.</summary>
    public int Seed { get; }

    /// <summary>
    /// How it behaves. A change applies to the exchanges that begin after it, also those on connections that are open; tunnels and
    /// exchanges under way keep theirs: see <see cref="Reset"/>.
    /// </summary>
    /// <exception cref="SocketException">On a change to refusing connections: another program took the port in the moment that it was free.</exception>
    /// <exception cref="ObjectDisposedException">On a change: the proxy is disposed.</exception>
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

    /// <summary>The last requests seen at <see cref="FaultLevel.Http"/>, in order of arrival, as they stand now.</summary>
    public IReadOnlyList<FaultProxyRequest> Requests => _state.Log.Snapshot();

    /// <summary>What was counted so far.</summary>
    public FaultProxyCounters Counters => new(_connections.Value, _openConnections.Count, _state.Log.Count, _state.BytesUp.Value, _state.BytesDown.Value);

    /// <summary>Starts a proxy; it listens on return.</summary>
    /// <param name="upstream">The server that it stands before: http, of which host and port count; at <see cref="FaultLevel.Tcp"/> https, too. Null for a forward proxy only.</param>
    /// <param name="profile">How it behaves; null: everything passes.</param>
    /// <param name="configure">Sets further options.</param>
    public static Task<FaultProxy> StartAsync(Uri? upstream, FaultProfile? profile = null, Action<FaultProxyOptions>? configure = null)
    {
        if (upstream is not null && (!upstream.IsAbsoluteUri || upstream.Scheme is not ("http" or "https")))
        {
            throw new ArgumentException("Expected an absolute http or https URL of the upstream.", nameof(upstream));
        }

        profile ??= FaultProfiles.Transparent;
        profile.Validate();
        var options = new FaultProxyOptions();
        configure?.Invoke(options);
        options.Validate();
        return Task.FromResult(new FaultProxy(upstream, profile, options));
    }

    /// <summary>Resets every connection that is open now; new ones are taken.</summary>
    public void Reset()
    {
        foreach (ClientConnection connection in _openConnections.Keys)
        {
            connection.Termination.Reset();
        }
    }

    /// <summary>No byte leaves any more, in any direction, and new connections are taken but not read, until <see cref="Resume"/>: the cable is pulled.</summary>
    public void Pause() => _state.Pause.Close();

    /// <summary>Ends <see cref="Pause"/>; nothing was lost.</summary>
    public void Resume() => _state.Pause.Open();

    /// <summary>Address, personality and seed, for messages of assertions.</summary>
    public override string ToString() => $"fault proxy {Address.Authority} \"{Profile.Name}\" (seed {Seed})";

    /// <summary>Ends it; any number of times.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposal ??= StopAsync());
        }
    }

    private async Task StopAsync()
    {
        // Off the lock.
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
