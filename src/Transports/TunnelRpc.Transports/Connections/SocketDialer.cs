using System.Net;
using System.Net.Sockets;
using TunnelRpc.Transports.Dialing;

namespace TunnelRpc.Transports.Connections;

// Decision: docs/adr/0045-happy-eyeballs.md
/// <summary>
/// Opens TCP connections to a host name, the server's or the proxy's, as Happy Eyeballs requires (RFC 8305): it tries the addresses of the
/// name in an order that alternates between the address families, starts the next one after <see cref="AttemptDelay"/> or as soon as one
/// has failed, and takes the first that connects. All transports use it. Thread-safe.
/// </summary>
/// <param name="endpoint">The name resolution, the clock, and what the client knows about addresses.</param>
/// <param name="connect">
/// Opens one socket, for tests; null for the platform's. It must complete soon after its token is cancelled. The dialer disposes the
/// socket unless it returns it.
/// </param>
internal sealed class SocketDialer(TunnelEndpoint endpoint, Func<IPEndPoint, CancellationToken, ValueTask<Socket>>? connect = null)
{
    /// <summary>The time until the next address is tried beside those in progress (RFC 8305, 5: Connection Attempt Delay).</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// While addresses without a reply are all that is left, those that failed are tried again after this time, then after twice as long,
    /// and so on: a server that restarts must not have to wait until the others time out.
    /// </summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The most addresses of one name that are tried. Name servers rarely return more than a few.</summary>
    public const int MaxAddresses = 64;

    private readonly TunnelEndpoint _endpoint = endpoint;
    private readonly Func<IPEndPoint, CancellationToken, ValueTask<Socket>> _connect = connect ?? ConnectSocketAsync;

    /// <summary>Opens a connection. The caller disposes the socket. All other sockets are disposed when the task completes.</summary>
    /// <exception cref="ConnectFailedException">
    /// The name could not be resolved, or no address connected. The message has the reason of each address.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        IReadOnlyList<IPAddress> addresses = await ResolveAsync(host, cancellationToken).ConfigureAwait(false);
        using var race = new Race(this, host, port, addresses, cancellationToken);
        (IPAddress address, Socket socket) = await race.RunAsync().ConfigureAwait(false);
        _endpoint.AddressHistory?.RecordConnected(host, address);
        _endpoint.DialRecord?.NoteConnected(host, address);
        return socket;
    }

    /// <summary>Returns the addresses in the order in which to try them.</summary>
    private async ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            return [literal];
        }

        _endpoint.DialRecord?.NoteStage(DialStage.Resolving);
        string source = _endpoint.HostResolver is null ? "the platform's name resolution" : "HostResolver";
        IPAddress[] usable = [.. (await LookUpAsync(host, source, cancellationToken).ConfigureAwait(false)).Distinct().Take(MaxAddresses)];
        if (usable.Length == 0)
        {
            throw new ConnectFailedException($"the name {host} has no address: {source} returned none");
        }

        IPAddress[] interleaved = Interleave(usable);
        IPAddress[] ordered = _endpoint.AddressHistory?.Order(host, interleaved, _endpoint.DialRecord) ?? interleaved;

        // The other exchanges of one connection must reach the server that has the connection.
        return _endpoint.DialRecord?.Connected is { } connected && connected.Host == host && ordered.Contains(connected.Address)
            ? [connected.Address, .. ordered.Where(a => !a.Equals(connected.Address))]
            : ordered;
    }

    private async ValueTask<IReadOnlyList<IPAddress>> LookUpAsync(string host, string source, CancellationToken cancellationToken)
    {
        try
        {
            return _endpoint.HostResolver is { } resolve
                ? await resolve(host, cancellationToken).ConfigureAwait(false) ?? []
                : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The resolver may be the application's: each exception fails this dial only.
            string cause = exception.Message.TrimEnd('.');
            throw new ConnectFailedException($"the name {host} could not be resolved: {source} failed: {cause}", exception);
        }
    }

    /// <summary>
    /// Alternates between the address families and keeps the order within each (RFC 8305, 4, with a First Address Family Count of 1).
    /// </summary>
    private static IPAddress[] Interleave(IPAddress[] addresses)
    {
        AddressFamily first = addresses[0].AddressFamily;
        return
        [
            .. addresses.Where(a => a.AddressFamily == first).Select((a, index) => (Address: a, Position: 2 * index))
                .Concat(addresses.Where(a => a.AddressFamily != first).Select((a, index) => (Address: a, Position: (2 * index) + 1)))
                .OrderBy(a => a.Position)
                .Select(a => a.Address),
        ];
    }

    private static async ValueTask<Socket> ConnectSocketAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>One race of addresses. Not thread-safe: used by one task, which awaits all tries before it ends.</summary>
    private sealed class Race(
        SocketDialer dialer, string host, int port, IReadOnlyList<IPAddress> addresses, CancellationToken cancellationToken)
        : IDisposable
    {
        private readonly TimeProvider _timeProvider = dialer._endpoint.TimeProvider;
        private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        private readonly List<Task<Try>> _running = [];
        private readonly List<Try> _failed = [];

        public void Dispose() => _ended.Dispose();

        public async ValueTask<(IPAddress Address, Socket Socket)> RunAsync()
        {
            Try? winner = null;
            try
            {
                winner = await FindWinnerAsync().ConfigureAwait(false);
            }
            finally
            {
                await EndLosersAsync(winner).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return winner is { Socket: { } socket }
                ? (winner.Address, socket)
                : throw new ConnectFailedException(string.Join(", ", _failed.Select(f => f.Attempt)), _failed[^1].Error);
        }

        /// <summary>Returns the first try that connected; null when all have failed.</summary>
        private async Task<Try?> FindWinnerAsync()
        {
            if (addresses.Count == 1)
            {
                // The usual case: there is nothing to race with.
                Try only = await TryAsync(addresses[0]).ConfigureAwait(false);
                if (only.Socket is not null)
                {
                    return only;
                }

                _failed.Add(only);
                return null;
            }

            int next = 0;
            TimeSpan retryDelay = RetryDelay;
            while (next < addresses.Count || _running.Count > 0)
            {
                // A try that has ended may have connected: look at it first.
                if (next < addresses.Count && !_running.Exists(t => t.IsCompleted))
                {
                    _running.Add(TryAsync(addresses[next++]));
                }

                bool hasNext = next < addresses.Count;
                TimeSpan delay = hasNext ? AttemptDelay : _failed.Count > 0 ? retryDelay : Timeout.InfiniteTimeSpan;
                Task<Try>? ended = await WaitForAnyAsync(delay).ConfigureAwait(false);
                if (ended is not null)
                {
                    _running.Remove(ended);
                    Try result = await ended.ConfigureAwait(false);
                    if (result.Socket is not null)
                    {
                        return result;
                    }

                    _failed.Add(result);
                }
                else if (!hasNext)
                {
                    retryDelay *= 2;
                    _running.AddRange(_failed.Select(f => TryAsync(f.Address)));
                    _failed.Clear();
                }
            }

            return null;
        }

        /// <summary>Returns a try that has ended; null after the delay.</summary>
        private async Task<Task<Try>?> WaitForAnyAsync(TimeSpan delay)
        {
            // Suppressed, as a try may end at the moment at which the time is over. The tries throw nothing.
            Task<Task<Try>> any = Task.WhenAny(_running);
            await ((Task)any).WaitAsync(delay, _timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            return any.IsCompleted ? await any.ConfigureAwait(false) : null;
        }

        private async Task EndLosersAsync(Try? winner)
        {
            await _ended.CancelAsync().ConfigureAwait(false);
            foreach (Try loser in await Task.WhenAll(_running).ConfigureAwait(false))
            {
                // It may have connected at the same time.
                loser.Socket?.Dispose();
            }

            if (cancellationToken.IsCancellationRequested)
            {
                winner?.Socket?.Dispose();
            }
        }

        private async Task<Try> TryAsync(IPAddress address)
        {
            IPEndPoint target = new(address, port);
            object? entry = dialer._endpoint.DialRecord?.Begin(target);
            long startTimestamp = _timeProvider.GetTimestamp();
            Socket? socket = null;
            Exception? error = null;
            try
            {
                socket = await dialer._connect(target, _ended.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Catch everything: any exception is the failure of this address only.
                error = exception;
            }

            AddressOutcome outcome = socket is not null ? AddressOutcome.Connected : Classify(error!);
            string? text = outcome == AddressOutcome.Failed ? error!.Message : null;
            dialer._endpoint.DialRecord?.End(entry, outcome, text);
            TimeSpan elapsed = _timeProvider.GetElapsedTime(startTimestamp);
            if (socket is null && (outcome != AddressOutcome.Abandoned || elapsed >= AttemptDelay))
            {
                dialer._endpoint.AddressHistory?.RecordFailure(host, address);
            }

            return new Try(address, socket, new AddressAttempt(target, outcome, elapsed) { Error = text }, error);
        }

        private AddressOutcome Classify(Exception error) => (error as SocketException)?.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => AddressOutcome.Refused,
            SocketError.TimedOut => AddressOutcome.TimedOut,
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown
                or SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable => AddressOutcome.Unreachable,
            _ when _ended.IsCancellationRequested => AddressOutcome.Abandoned,
            _ => AddressOutcome.Failed,
        };

        private sealed record Try(IPAddress Address, Socket? Socket, AddressAttempt Attempt, Exception? Error);
    }
}
