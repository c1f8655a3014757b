using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Claims;

// Decision: docs/adr/0092-claims-of-names.md
/// <summary>
/// Claims names on every session of a client: the first, and those after a restart of the server or a lost session. A refused claim is
/// tried again, with growing delays. One loop; start and stop it once each.
/// </summary>
/// <param name="client">The client. It must serve <see cref="IHttpOrigin"/>.</param>
/// <param name="claims">The names.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class NameClaimer(
    ITunnelClient client, IReadOnlyList<HttpOriginClaim> claims, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MinRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();

    // Has an element when the state of the client has changed since the loop looked.
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly IHttpGateway _gateway = client.Get<IHttpGateway>();
    private Task _loop = Task.CompletedTask;

    /// <summary>Starts to claim.</summary>
    public void Start()
    {
        client.StateChanged += OnStateChanged;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Stops claiming, and releases the names, so that requests go to other replicas. Running requests continue.</summary>
    /// <param name="cancellationToken">Ends the wait for the gateway.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        client.StateChanged -= OnStateChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        foreach (HttpOriginClaim claim in claims)
        {
            if (claim.State == HttpOriginState.Claimed
                && claim.SessionId == client.SessionId
                && client.State == TunnelClientState.Connected)
            {
                await ReleaseAsync(claim, cancellationToken).ConfigureAwait(false);
            }

            claim.SessionId = null;
            SetState(claim, HttpOriginState.Released, null, null);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        client.StateChanged -= OnStateChanged;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void OnStateChanged(object? sender, TunnelClientStateChangedEventArgs change) => _changed.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        TimeSpan delay = MinRetryDelay;
        while (!_stop.IsCancellationRequested)
        {
            bool isComplete = await ClaimAllAsync().ConfigureAwait(false);
            delay = isComplete ? MinRetryDelay : delay;
            bool isChanged = await WaitAsync(isComplete ? Timeout.InfiniteTimeSpan : delay).ConfigureAwait(false);
            delay = isChanged || isComplete ? MinRetryDelay : TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, MaxRetryDelay.Ticks));
        }
    }

    /// <summary>Claims what the current session does not hold. True when nothing is left to retry on this session.</summary>
    private async Task<bool> ClaimAllAsync()
    {
        bool isComplete = true;
        foreach (HttpOriginClaim claim in claims)
        {
            if (_stop.IsCancellationRequested)
            {
                return true;
            }

            // A claim may have run on a newer session than this one. Then the next state has that session, and claiming again does nothing.
            string? session = client.State is TunnelClientState.Connected or TunnelClientState.Resuming ? client.SessionId : null;
            if (session is null)
            {
                // A session without a claim keeps its address for display.
                claim.SessionId = null;
                if (claim.State == HttpOriginState.Claimed)
                {
                    SetState(claim, HttpOriginState.Pending, null, null);
                }
            }
            else if (claim.SessionId != session)
            {
                isComplete &= await TryClaimAsync(claim, session).ConfigureAwait(false);
            }
        }

        return isComplete;
    }

    private async Task<bool> TryClaimAsync(HttpOriginClaim claim, string session)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timeout.Token);
        try
        {
            Uri address = await _gateway.ClaimAsync(claim.Name, linked.Token).ConfigureAwait(false);
            claim.SessionId = session;
            Uri resolved = Resolve(address);
            if (SetState(claim, HttpOriginState.Claimed, resolved, null))
            {
                GatewayClientLog.NameClaimed(logger, claim.Name, resolved);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        catch (TunnelException refusal) when (refusal.Status is TunnelStatus.PermissionDenied or TunnelStatus.InvalidArgument
            or TunnelStatus.ResourceExhausted or TunnelStatus.Unimplemented or TunnelStatus.FailedPrecondition
            or TunnelStatus.Unauthenticated)
        {
            string reason = refusal.Status == TunnelStatus.Unimplemented
                ? "The server has no gateway at this address. Call AddTunnelGateway on the server."
                : refusal.Message;
            if (SetState(claim, HttpOriginState.Refused, null, reason))
            {
                GatewayClientLog.NameRefused(logger, claim.Name, reason);
            }

            return false;
        }
        catch (Exception error)
        {
            GatewayClientLog.ClaimFailed(logger, claim.Name, error.Message);
            return false;
        }
    }

    private async Task ReleaseAsync(HttpOriginClaim claim, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ReleaseTimeout, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await _gateway.ReleaseAsync(claim.Name, linked.Token).ConfigureAwait(false);
        }
        catch (Exception error)
            when (error is TunnelException or OperationCanceledException or TunnelConnectException or ObjectDisposedException)
        {
            // The end of the session releases the name as well.
            GatewayClientLog.ReleaseFailed(logger, claim.Name, error.Message);
        }
    }

    /// <summary>A gateway without a configured public address returns one that is relative to the address of the tunnel.</summary>
    private Uri Resolve(Uri address) =>
        address.IsAbsoluteUri || client.Report?.Address is not { } tunnel
            ? address
            : new Uri(new Uri(tunnel.GetLeftPart(UriPartial.Authority) + "/"), address);

    private bool SetState(HttpOriginClaim claim, HttpOriginState state, Uri? address, string? refusal)
    {
        try
        {
            return claim.Set(state, address, refusal);
        }
        catch (Exception error)
        {
            // The handlers are the application's.
            GatewayClientLog.HandlerFailed(logger, error, claim.Name);
            return true;
        }
    }

    /// <summary>Waits for a change of the client's state, or for the delay. True for a change.</summary>
    private async Task<bool> WaitAsync(TimeSpan delay)
    {
        using var timeout = new CancellationTokenSource(delay, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timeout.Token);
        try
        {
            await _changed.Reader.ReadAsync(linked.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
