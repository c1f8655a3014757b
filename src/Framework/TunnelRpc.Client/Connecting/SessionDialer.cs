using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;
using TunnelRpc.Client.Paths;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Connecting;

/// <summary>
/// Opens a client's sessions: resolves the addresses, and races the transports at one address after the other until one has a path.
/// Used by one loop, with one attempt at a time.
/// </summary>
internal sealed class SessionDialer
{
    private readonly TunnelClientOptions _options;
    private readonly Func<TunnelSession, TunnelPeer> _createPeer;
    private readonly Action<PathReport> _onReport;
    private readonly Func<TunnelPeer, Task> _compareContracts;
    private readonly Action<TunnelPeer, bool, string?> _onResumingChanged;
    private readonly ILogger _logger;
    private readonly TransportHistory _history;
    private readonly AddressSelector _addressSelector;
    private readonly EndpointFactory _endpoints;

    // The race that runs now; null when none does. Written by the loop, read by every thread.
    private volatile Negotiator? _race;

    /// <param name="options">The client's options.</param>
    /// <param name="createPeer">Creates the peer of a session; the peer is not started.</param>
    /// <param name="onReport">Receives each report.</param>
    /// <param name="compareContracts">Compares the client's contracts with those of a server; does not fail.</param>
    /// <param name="onResumingChanged">
    /// Called with true and a reason when the path of a peer's session is disconnected, and with false when the session has resumed.
    /// </param>
    /// <param name="logger">The client's log.</param>
    public SessionDialer(
        TunnelClientOptions options,
        Func<TunnelSession, TunnelPeer> createPeer,
        Action<PathReport> onReport,
        Func<TunnelPeer, Task> compareContracts,
        Action<TunnelPeer, bool, string?> onResumingChanged,
        ILogger logger)
    {
        _options = options;
        _createPeer = createPeer;
        _onReport = onReport;
        _compareContracts = compareContracts;
        _onResumingChanged = onResumingChanged;
        _logger = logger;
        _history = new TransportHistory(options.TimeProvider);
        _addressSelector = new AddressSelector(options);
        _endpoints = new EndpointFactory(options);
    }

    /// <summary>Completes, without an exception, when the paths that were established and not chosen are closed.</summary>
    public Task UnusedPathsClosed { get; private set; } = Task.CompletedTask;

    /// <summary>Closes the connection that waits for the next session, after the end of all sessions.</summary>
    public ValueTask CloseSpareConnectionAsync() => _endpoints.SpareConnection.DisposeAsync();

    /// <summary>Returns a report of the race that runs now; null when none does. Thread-safe.</summary>
    public PathReport? CreateProgressReport() => _race?.CreateProgressReport();

    /// <summary>Tries the other addresses before <paramref name="address"/> in the next attempt.</summary>
    public void Deprioritize(Uri address) => _addressSelector.Deprioritize(address);

    /// <summary>
    /// Opens a session at the first address that has a path. Returns the session, whose peer is started and whose path monitor is not; or
    /// returns the failure when no address has a path. One of the two is null.
    /// </summary>
    /// <exception cref="OperationCanceledException">The attempt was cancelled. No session is open.</exception>
    public async Task<(ClientSession? Session, TunnelConnectException? Failure)> DialAsync(CancellationToken cancellationToken)
    {
        if (UnusedPathsClosed.IsCompleted)
        {
            UnusedPathsClosed = Task.CompletedTask;
        }

        TunnelConnectException? failure = null;
        foreach (Uri address in await ResolveAddressesAsync(cancellationToken).ConfigureAwait(false) ?? [])
        {
            (ClientSession? session, TunnelConnectException? failed) =
                await DialAddressAsync(address, cancellationToken).ConfigureAwait(false);
            if (failed is null)
            {
                return (session, null);
            }

            failure = new TunnelConnectException(failed)
            {
                IsTransient = failed.IsTransient || failure is { IsTransient: true },
                RetryAfter = failure is not null && failure.RetryAfter > failed.RetryAfter ? failure.RetryAfter : failed.RetryAfter,
            };
        }

        return (null, failure ?? CreateNoEndpointException(_options.Address, "AddressResolver has failed."));
    }

    /// <summary>Returns the addresses in the order of the attempts; null when the application's resolver failed.</summary>
    private async ValueTask<IReadOnlyList<Uri>?> ResolveAddressesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _addressSelector.GetOrderedAddressesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // The resolver is the application's: each exception fails this attempt only, because the next one may succeed.
            ClientLog.EndpointResolutionFailed(_logger, error.Message);
            return null;
        }
    }

    private async Task<(ClientSession? Session, TunnelConnectException? Failure)> DialAddressAsync(
        Uri address, CancellationToken cancellationToken)
    {
        TunnelEndpoint endpoint;
        try
        {
            endpoint = await _endpoints.CreateAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // The token provider and the proxy settings are the application's as well.
            ClientLog.EndpointResolutionFailed(_logger, error.Message);
            return (null, CreateNoEndpointException(address, error.Message));
        }

        string routeKey = TransportHistory.GetRouteKey(endpoint);
        using var negotiator = new Negotiator(_options, endpoint, _history, routeKey);
        try
        {
            _race = negotiator;
            (EstablishedPath path, PathReport report) = await negotiator.RunAsync(cancellationToken).ConfigureAwait(false);
            return (StartSession(path, report, routeKey), null);
        }
        catch (TunnelConnectException failed)
        {
            _onReport(failed.Report);
            ClientLog.ConnectFailed(_logger, failed.Report);
            return (null, failed);
        }
        finally
        {
            _race = null;
            UnusedPathsClosed = Task.WhenAll(UnusedPathsClosed, negotiator.UnusedPathsClosed);
        }
    }

    private ClientSession StartSession(EstablishedPath path, PathReport report, string routeKey)
    {
        _onReport(report);
        ClientLog.Connected(_logger, report);
        var session = new TunnelSession(path.SessionInfo, path.Connection, path.Input, _options);
        TunnelPeer peer = _createPeer(session);
        peer.Start();
        var refresher = new AuthenticationRefresher(session, report.Address, _endpoints, _options, _logger);
        refresher.OnPathChanged();
        var migrator = new PathMigrator(session, path, report, _options, _endpoints, _history, routeKey, _logger, OnReport);
        var monitor = new PathMonitor(
            session, migrator, _options, _logger, (isResuming, reason) => _onResumingChanged(peer, isResuming, reason));
        return new ClientSession(peer, monitor, refresher, _compareContracts, report.Address);

        void OnReport(PathReport changed)
        {
            refresher.OnPathChanged();
            _onReport(changed);
        }
    }

    private static TunnelConnectException CreateNoEndpointException(Uri? address, string reason)
    {
        var report = new PathReport(address ?? new Uri("http://unresolved.invalid/"), null, [], TimeSpan.Zero);
        return new TunnelConnectException(report, new InvalidOperationException(reason)) { IsTransient = true };
    }
}
