using System.Diagnostics;
using System.Security.Cryptography;
using TunnelRpc.Client;
using TunnelRpc.Diagnostics;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>One probe: connects as any client does, then makes calls and serves callbacks. Runs once. Not thread-safe.</summary>
internal sealed class ProbeRun : IAsyncDisposable
{
    private readonly ProbeOptions _options;
    private readonly ProbeClient _callbackService = new();
    private readonly TunnelClient _client;
    private readonly List<TimeSpan> _callTimes = [];
    private readonly List<TimeSpan> _callbackTimes = [];
    private readonly Stopwatch _stopwatch = new();

    // The bytes of calls. _callbackService counts the bytes of callbacks.
    private long _bytesUp;
    private long _bytesDown;
    private TimeSpan? _timeToFirstReply;
    private string? _failure;

    /// <exception cref="UsageException">The options are not valid together.</exception>
    public ProbeRun(ProbeOptions options)
    {
        _options = options;
        try
        {
            _client = new TunnelClient(CreateClientOptions(options));
        }
        catch (ArgumentException invalid)
        {
            throw new UsageException(invalid.Message.Replace($" (Parameter '{invalid.ParamName}')", "", StringComparison.Ordinal));
        }
    }

    /// <summary>The names of the transports, in the order of preference.</summary>
    public IReadOnlyList<string> Transports => [.. _options.Transports.Select(t => t.Name)];

    /// <summary>Receives a transport's name and the progress of its attempt, on several threads. Set before the run.</summary>
    public Action<string, string> OnProgress { get; set; } = (_, _) => { };

    /// <summary>Runs the probe. Failures to connect and failed calls are part of the result.</summary>
    public async Task<ProbeResult> RunAsync(CancellationToken cancellationToken)
    {
        _stopwatch.Start();
        try
        {
            await _client.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TunnelConnectException failed)
        {
            return new ProbeResult(failed.Report) { Elapsed = _stopwatch.Elapsed, Calls = _options.Calls };
        }

        // The report of the path that the calls measure. A later reconnect would replace it.
        PathReport report = _client.Report!;
        await RunCallsAsync(cancellationToken).ConfigureAwait(false);
        return new ProbeResult(report)
        {
            Elapsed = _timeToFirstReply ?? _stopwatch.Elapsed,
            Calls = _options.Calls,
            CallsOk = _callTimes.Count,
            CallbacksOk = _callbackTimes.Count,
            BytesUp = _bytesUp + _callbackService.EchoedBytes,
            BytesDown = _bytesDown + _callbackService.EchoedBytes,
            MedianCallTime = Median(_callTimes),
            MedianCallbackTime = Median(_callbackTimes),
            Failure = _failure,
        };
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static TimeSpan? Median(List<TimeSpan> times) => times.Count == 0 ? null : times.Order().ElementAt(times.Count / 2);

    /// <summary>Makes calls until one fails. Further calls would fail in the same way, each after its timeout.</summary>
    private async Task RunCallsAsync(CancellationToken cancellationToken)
    {
        IProbe probe = _client.Get<IProbe>().With(timeout: _options.Timeout);
        try
        {
            for (int i = 0; i < _options.Calls; i++)
            {
                _callTimes.Add(await MeasureAsync(size => EchoAsync(probe, size, cancellationToken)).ConfigureAwait(false));
                _timeToFirstReply ??= _stopwatch.Elapsed;
                _callbackTimes.Add(await MeasureAsync(size => CallBackAsync(probe, size, cancellationToken)).ConfigureAwait(false));
            }
        }
        catch (TunnelException failed)
        {
            _failure = failed.Status == TunnelStatus.Unimplemented
                ? "The path carries calls, but the server does not serve probes: its option EnableProbe is false, or it is too old."
                : $"{failed.Status}: {failed.Message}";
        }
    }

    /// <summary>Transfers the bytes in calls of at most <see cref="ProbeClient.MaxBytes"/>, and returns the duration.</summary>
    private async Task<TimeSpan> MeasureAsync(Func<int, Task> call)
    {
        long started = Stopwatch.GetTimestamp();
        long remaining = _options.Bytes;
        do
        {
            int size = (int)Math.Min(remaining, ProbeClient.MaxBytes);
            await call(size).ConfigureAwait(false);
            remaining -= size;
        }
        while (remaining > 0);
        return Stopwatch.GetElapsedTime(started);
    }

    private async Task EchoAsync(IProbe probe, int size, CancellationToken cancellationToken)
    {
        byte[] payload = RandomNumberGenerator.GetBytes(size);
        byte[] echo = await probe.EchoAsync(payload, cancellationToken).ConfigureAwait(false);
        if (!echo.AsSpan().SequenceEqual(payload))
        {
            throw new TunnelException(TunnelStatus.DataLoss, $"The {size} bytes of a call were returned changed ({echo.Length} bytes).");
        }

        _bytesUp += size;
        _bytesDown += size;
    }

    private static async Task CallBackAsync(IProbe probe, int size, CancellationToken cancellationToken)
    {
        if (!await probe.CallBackAsync(size, cancellationToken).ConfigureAwait(false))
        {
            throw new TunnelException(TunnelStatus.DataLoss, $"The {size} bytes of a callback were returned changed.");
        }
    }

    private TunnelClientOptions CreateClientOptions(ProbeOptions options)
    {
        var client = new TunnelClientOptions
        {
            Address = options.Address,
            AttemptTimeout = options.Timeout,

            // A probe reports the first result; it does not retry.
            ConnectTimeout = TimeSpan.Zero,
            StayConnected = false,
            ResumeWindow = TimeSpan.Zero,
        };
        options.Tunnel.ApplyTo(client);
        client.Transports.Clear();
        foreach (ITransport transport in options.Transports)
        {
            client.Transports.Add(new ObservedTransport(transport, (name, progress) => OnProgress(name, progress)));
        }

        client.Serve<IProbeClient>(_callbackService);
        return client;
    }
}
