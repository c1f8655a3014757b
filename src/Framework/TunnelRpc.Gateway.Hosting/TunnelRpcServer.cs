using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TunnelRpc.Client;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Gateway.Client.Claims;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Hosting.Exchanges;

namespace TunnelRpc.Gateway.Hosting;

// Decision: docs/adr/0094-application-without-a-socket.md
/// <summary>
/// The server of an ASP.NET Core application whose requests come from a gateway, as calls of <see cref="IHttpOrigin"/>. It owns the tunnel.
/// The host starts and stops it once each, one after the other.
/// </summary>
internal sealed class TunnelRpcServer : IServer, ITunnelRpcServerFeature, IAsyncDisposable
{
    private readonly TunnelRpcServerOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly ServerAddresses _addresses = new();
    private readonly RunningRequests _requests = new();
    private readonly HttpOriginClaim[] _claims;
    private readonly Lock _gate = new();

    // Set by StartAsync, before the first request.
    private TunnelClient? _client;
    private NameClaimer? _claimer;

    // Guarded by _gate.
    private Task? _disposal;

    public TunnelRpcServer(IOptions<TunnelRpcServerOptions> options, ILoggerFactory loggers)
    {
        _options = options.Value;
        _options.Validate();
        _loggers = loggers;
        _logger = loggers.CreateLogger("TunnelRpc.Gateway.Hosting");
        _claims = [.. _options.Names.Select(name => new HttpOriginClaim(name))];
        Features = new FeatureCollection();
        Features.Set<IServerAddressesFeature>(_addresses);
        Features.Set<ITunnelRpcServerFeature>(this);
    }

    public IFeatureCollection Features { get; }

    public IReadOnlyList<HttpOriginClaim> Claims => _claims;

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        ArgumentNullException.ThrowIfNull(application);
        if (_client is not null)
        {
            throw new InvalidOperationException("The server has been started already.");
        }

        var client = new TunnelClient(_options.Client, _loggers);
        client.Serve<IHttpOrigin>(
            new HostedOrigin<TContext>(application, [.. _options.Names], _options.MaxRequestBodySize, _requests, _logger));
        foreach (HttpOriginClaim claim in _claims)
        {
            claim.Changed += (_, _) => UpdateAddresses();
        }

        _client = client;
        _claimer = new NameClaimer(client, _claims, _options.Client.TimeProvider, _logger);
        _claimer.Start();
        client.KeepConnected();
        await WaitUntilClaimedAsync(client, cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_claimer is { } claimer)
        {
            // Requests that the gateway sends before it has released the names are still served.
            await claimer.StopAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await _requests.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

            // The end of a response is handed to the session right after its last part, and a session that closes before would fail it.
            if (_client is { } client)
            {
                await client.WaitForCallbacksAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            HostingLog.DrainTimedOut(_logger);
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposal ??= CloseAsync());
        }
    }

    [SuppressMessage(
        "Usage",
        "CA1816:Dispose methods should call SuppressFinalize",
        Justification = "The class has no finalizer.")]
    public void Dispose()
    {
        // The host stops the server first, which disposes it and waits. A host whose start has failed disposes it only: the tunnel then
        // closes in the background, since a synchronous disposal must not block its thread.
        _ = DisposeAsync().AsTask();
    }

    private async Task CloseAsync()
    {
        if (_claimer is { } claimer)
        {
            await claimer.DisposeAsync().ConfigureAwait(false);
        }

        // Ends the sessions, which aborts the requests that still run, and waits for them (ShutdownTimeout).
        if (_client is { } client)
        {
            await client.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task WaitUntilClaimedAsync(TunnelClient client, CancellationToken cancellationToken)
    {
        if (_options.StartTimeout == TimeSpan.Zero)
        {
            return;
        }

        try
        {
            await Task.WhenAll(_claims.Select(claim => claim.WaitUntilClaimedAsync(cancellationToken)))
                .WaitAsync(_options.StartTimeout, _options.Client.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            string reason = _claims.FirstOrDefault(claim => claim.Refusal is not null)?.Refusal
                ?? (client.State == TunnelClientState.Connected
                    ? "The gateway has not answered the claim."
                    : $"There is no path to it. {client.Report}");
            HostingLog.StartTimedOut(_logger, reason, _options.StartTimeout);
        }
    }

    private void UpdateAddresses() => _addresses.Set(
    [
        .. _claims.Select(claim => claim.State == HttpOriginState.Claimed ? claim.PublicAddress : null)
            .OfType<Uri>().Select(address => address.AbsoluteUri),
    ]);
}
