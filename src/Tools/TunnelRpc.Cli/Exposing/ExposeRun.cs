using System.Threading.Channels;
using TunnelRpc.Client;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Gateway.Client.Forwarding;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Cli.Exposing;

/// <summary>
/// Connects to a gateway, claims a name on each session, and serves its requests until it is ended. Runs once. Not thread-safe, except for
/// <see cref="Events"/>.
/// </summary>
internal sealed class ExposeRun : IAsyncDisposable
{
    private const int MaxEvents = 1_024;
    private const int MaxReasonLength = 2_048;
    private const int MaxTextLength = 512;
    private static readonly TimeSpan MaxReconnectDelay = TimeSpan.FromSeconds(5);

    private readonly ExposeOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly TunnelClient _client;
    private readonly OriginForwarder _origin;
    private readonly Channel<ExposeEvent> _events = Channel.CreateBounded<ExposeEvent>(
        new BoundedChannelOptions(MaxEvents) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    // Whether the view shows a claim. Guarded by _gate, because the client reports its state on several threads.
    private readonly Lock _gate = new();
    private bool _isShownAsConnected;
    private Uri? _url;

    /// <exception cref="UsageException">The options are not valid together.</exception>
    public ExposeRun(ExposeOptions options, TimeProvider timeProvider)
    {
        _options = options;
        _timeProvider = timeProvider;
        try
        {
            var client = new TunnelClientOptions
            {
                Address = options.Gateway,
                ConnectTimeout = options.Timeout,
                MaxReconnectDelay = MaxReconnectDelay,
                TimeProvider = timeProvider,
            };
            options.Tunnel.ApplyTo(client);
            _origin = new OriginForwarder(
                options.Name, options.Origin, new HttpOriginOptions { Host = options.HostHeader, OnExchange = OnExchange }, timeProvider);
            client.Serve<IHttpOrigin>(_origin);
            _client = new TunnelClient(client);
        }
        catch (ArgumentException invalid)
        {
            throw new UsageException(invalid.Message.Replace($" (Parameter '{invalid.ParamName}')", "", StringComparison.Ordinal));
        }

        _client.StateChanged += OnStateChanged;
    }

    /// <summary>What happens. Completed when the run has ended.</summary>
    public ChannelReader<ExposeEvent> Events => _events.Reader;

    /// <summary>Runs until it is cancelled, the gateway cannot be reached at first, or it refuses the name.</summary>
    public async Task<ExposeResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ServeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await ReleaseAsync().ConfigureAwait(false);
            return new ExposeResult(ExitCode.Ok, null);
        }
        finally
        {
            await _client.DisposeAsync().ConfigureAwait(false);
            _events.Writer.TryComplete();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync().ConfigureAwait(false);
        _origin.Dispose();
    }

    private static bool IsRefusal(TunnelException failure) => failure.Status is TunnelStatus.InvalidArgument
        or TunnelStatus.PermissionDenied or TunnelStatus.ResourceExhausted or TunnelStatus.Unimplemented or TunnelStatus.Unauthenticated
        or TunnelStatus.FailedPrecondition;

    /// <summary>A gateway without a configured public address returns one that is relative to the address of the tunnel.</summary>
    private Uri Resolve(Uri url)
    {
        Uri tunnel = _client.Report?.Address ?? _options.Gateway;
        return url.IsAbsoluteUri ? url : new Uri(new Uri(tunnel.GetLeftPart(UriPartial.Authority) + "/"), url);
    }

    private async Task<ExposeResult> ServeAsync(CancellationToken cancellationToken)
    {
        IHttpGateway gateway = _client.Get<IHttpGateway>();
        bool hasClaimed = false;
        while (true)
        {
            try
            {
                await _client.ConnectAsync(cancellationToken).ConfigureAwait(false);
                Task ended = _client.SessionCompletion;
                Uri url = await gateway.ClaimAsync(_options.Name, cancellationToken).ConfigureAwait(false);
                hasClaimed = true;
                ShowClaimed(Resolve(url));
                await ended.WaitAsync(cancellationToken).ConfigureAwait(false);
                ShowDisconnected("The session has ended.");
            }
            catch (TunnelConnectException failed) when (!hasClaimed)
            {
                return new ExposeResult(
                    ExitCode.Failed,
                    $"Cannot reach {_options.Gateway}: {ForeignText.Escape(failed.Message.ReplaceLineEndings(" "), MaxReasonLength)}");
            }
            catch (TunnelException refused) when (refused is not TunnelConnectException && IsRefusal(refused))
            {
                string reason = refused.Status == TunnelStatus.Unimplemented
                    ? "it is no gateway, or one without tunnels."
                    : ForeignText.Escape(refused.Message, MaxReasonLength);
                return new ExposeResult(ExitCode.Refused, $"{_options.Gateway} refuses the name \"{_options.Name}\": {reason}");
            }
            catch (TunnelException failed)
            {
                ShowDisconnected(ForeignText.Escape(failed.Message.ReplaceLineEndings(" "), MaxReasonLength));
            }
        }
    }

    /// <summary>Releases the name, so that the gateway sends no more requests; then running ones end with the session.</summary>
    private async Task ReleaseAsync()
    {
        if (!_client.IsConnected)
        {
            return;
        }

        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), _timeProvider);
            await _client.Get<IHttpGateway>().ReleaseAsync(_options.Name, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is TunnelException or OperationCanceledException)
        {
            // The end of the session releases the name as well.
        }
    }

    private void OnStateChanged(object? sender, TunnelClientStateChangedEventArgs change)
    {
        if (change.State == TunnelClientState.Resuming)
        {
            ShowDisconnected(ForeignText.Escape(change.Reason ?? "The path was disconnected.", MaxReasonLength));
        }
        else if (change is { Previous: TunnelClientState.Resuming, State: TunnelClientState.Connected } && _url is { } url)
        {
            ShowClaimed(url);
        }
    }

    private void ShowClaimed(Uri url)
    {
        lock (_gate)
        {
            _url = url;
            _isShownAsConnected = true;
            Report(new ClaimedEvent(_timeProvider.GetUtcNow(), url, _client.Transport ?? "none"));
        }
    }

    private void ShowDisconnected(string reason)
    {
        lock (_gate)
        {
            if (_isShownAsConnected)
            {
                _isShownAsConnected = false;
                Report(new DisconnectedEvent(_timeProvider.GetUtcNow(), reason));
            }
        }
    }

    private void OnExchange(HttpOriginExchange exchange)
    {
        if (!exchange.IsCompleted)
        {
            return;
        }

        int query = exchange.Target.IndexOf('?', StringComparison.Ordinal);
        Report(new RequestEvent(
            exchange.Started,
            ForeignText.Escape(exchange.Method, MaxTextLength),
            ForeignText.Escape(query < 0 ? exchange.Target : exchange.Target[..query], MaxTextLength),
            exchange.Elapsed)
        {
            Status = exchange.Status,
            BytesUp = exchange.RequestBytes,
            BytesDown = exchange.ResponseBytes,
            Protocol = exchange.Protocol is null ? null : ForeignText.Escape(exchange.Protocol, MaxTextLength),
            Failure = exchange.Error is null ? null : ForeignText.Escape(exchange.Error, MaxTextLength),
        });
    }

    private void Report(ExposeEvent happened) => _events.Writer.TryWrite(happened);
}
