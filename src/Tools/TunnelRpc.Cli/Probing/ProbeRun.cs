using System.Diagnostics;
using System.Security.Cryptography;
using TunnelRpc.Client;
using TunnelRpc.Diagnostics;
using TunnelRpc.Security;

namespace TunnelRpc.Cli.Probing;

/// <summary>One probe: finds a path as any client does, then calls and is called back. Runs once.</summary>
internal sealed class ProbeRun : IAsyncDisposable
{
    private readonly ProbeOptions _options;
    private readonly ProbeClient _callbackService = new();
    private readonly TunnelClient _client;
    private readonly List<TimeSpan> _callTimes = [];
    private readonly List<TimeSpan> _callbackTimes = [];
    private readonly Stopwatch _stopwatch = new();

    // Bytes of calls; those of calls back are counted where they are served.
    private long _bytesUp;
    private long _bytesDown;
    private TimeSpan? _timeToFirstReply;
    private string? _failure;

    /// <exception cref="UsageException">The options make no sense together.</exception>
    public ProbeRun(ProbeOptions options)
    {
        _options = options;
        try
        {
            _client = new TunnelClient(CreateClientOptions(options));
        }
        catch (ArgumentException wrong)
        {
            throw new UsageException(wrong.Message.Replace($" (Parameter '{wrong.ParamName}')", "", StringComparison.Ordinal));
        }
    }

    /// <summary>The transports' names, in their order.</summary>
    public IReadOnlyList<string> Transports => [.. _options.Transports.Select(t => t.Name)];

    /// <summary>Told a transport's name and how far its attempt is, as it goes; set before the run.</summary>
    public Action<string, string> OnProgress { get; set; } = (_, _) => { };

    public async Task<ProbeResult> RunAsync(CancellationToken cancellationToken)
    {
        _stopwatch.Start();
        try
        {
            await _client.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TunnelConnectException none)
        {
            return new ProbeResult(none.Report) { Elapsed = _stopwatch.Elapsed, Calls = _options.Calls };
        }

        // The path that is measured: what connects again behind a failure would be another.
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

    /// <summary>Calls until something fails: what comes behind it would say nothing new, and take its time.</summary>
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
                ? "The path carries calls, but the server does not answer probes: its option ProbeService is off, or it is older than that."
                : $"{failed.Status}: {failed.Message}";
        }
    }

    /// <summary>Moves the bytes in pieces that one call takes.</summary>
    private async Task<TimeSpan> MeasureAsync(Func<int, Task> call)
    {
        long started = Stopwatch.GetTimestamp();
        long left = _options.Bytes;
        do
        {
            int size = (int)Math.Min(left, ProbeClient.MaxBytes);
            await call(size).ConfigureAwait(false);
            left -= size;
        }
        while (left > 0);
        return Stopwatch.GetElapsedTime(started);
    }

    private async Task EchoAsync(IProbe probe, int size, CancellationToken cancellationToken)
    {
        byte[] payload = RandomNumberGenerator.GetBytes(size);
        byte[] echo = await probe.EchoAsync(payload, cancellationToken).ConfigureAwait(false);
        if (!echo.AsSpan().SequenceEqual(payload))
        {
            throw new TunnelException(TunnelStatus.DataLoss, $"A call's {size} bytes came back changed ({echo.Length} bytes).");
        }

        _bytesUp += size;
        _bytesDown += size;
    }

    private static async Task CallBackAsync(IProbe probe, int size, CancellationToken cancellationToken)
    {
        if (!await probe.CallBackAsync(size, cancellationToken).ConfigureAwait(false))
        {
            throw new TunnelException(TunnelStatus.DataLoss, $"The {size} bytes of a call back came back changed.");
        }
    }

    private TunnelClientOptions CreateClientOptions(ProbeOptions options)
    {
        var client = new TunnelClientOptions
        {
            Address = options.Address,
            Proxy = options.Proxy,
            ProxyCredentials = options.ProxyCredentials,
            AttemptTimeout = options.Timeout,

            // A probe tells how things are; it does not wait until they are better.
            ConnectTimeout = TimeSpan.Zero,
            StayConnected = false,
            ResumeWindow = TimeSpan.Zero,
            RemoteCertificateValidationCallback = options.Insecure ? AcceptAnyCertificate : null,
        };
        foreach ((string name, string value) in options.Headers)
        {
            client.Headers[name] = value;
        }

        client.Transports.Clear();
        foreach (var transport in options.Transports)
        {
            client.Transports.Add(new ObservedTransport(transport, (name, progress) => OnProgress(name, progress)));
        }

        if (options.EndToEndTls)
        {
            client.EndToEndTls = new TunnelClientTlsOptions { ServerCertificateValidation = options.Insecure && options.Pin is null ? AcceptAnyCertificate : null };
            if (options.Pin is not null)
            {
                client.EndToEndTls.PinnedCertificates.Add(options.Pin);
            }
        }

        client.Serve<IProbeClient>(_callbackService);
        return client;
    }

    // Asked for by --insecure, which says so on the error output.
    private static bool AcceptAnyCertificate(
        object sender,
        System.Security.Cryptography.X509Certificates.X509Certificate? certificate,
        System.Security.Cryptography.X509Certificates.X509Chain? chain,
        System.Net.Security.SslPolicyErrors errors) => certificate is not null;
}
