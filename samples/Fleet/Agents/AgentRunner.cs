using System.Diagnostics.CodeAnalysis;
using Fleet.Contracts;
using TunnelRpc;
using TunnelRpc.Client;

namespace Fleet.Agents;

/// <summary>
/// Keeps an agent in the fleet: connects, registers, and repeats both whenever the session ends. Disposal closes the session; it is
/// idempotent.
/// </summary>
[SuppressMessage("Reliability", "CA2213:Disposable fields should be disposed",
    Justification = "The CancellationTokenSource has no timer, so disposing it releases nothing.")]
internal sealed partial class AgentRunner : IAsyncDisposable
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    private readonly AgentOptions _options;
    private readonly ILogger _logger;
    private readonly FleetAgent _agent;
    private readonly TunnelClient _tunnel;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private AgentRunner(AgentOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger<AgentRunner>();
        _agent = new FleetAgent(options, loggers.CreateLogger<FleetAgent>());
        var tunnel = new TunnelClientOptions
        {
            Address = options.Server,
            Proxy = options.Proxy,
            ResumeWindow = options.ResumeWindow,
            AccessTokenProvider = options.AccessTokenProvider,
        };
        tunnel.Serve<IFleetAgent>(_agent);
        _tunnel = new TunnelClient(tunnel, loggers);
        _running = RunAsync();
    }

    public static AgentRunner Start(AgentOptions options, ILoggerFactory loggers) => new(options, loggers);

    public async ValueTask DisposeAsync()
    {
        // Disposing twice is safe: each member below is idempotent.
        await _stop.CancelAsync();
        await _running;
        await _tunnel.DisposeAsync();
    }

    private async Task RunAsync()
    {
        IFleet fleet = _tunnel.Get<IFleet>();
        TimeSpan delay = _options.ReconnectDelay;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // The server forgets an agent when its session ends, so each new session registers.
                await _tunnel.ConnectAsync(_stop.Token);
                await fleet.RegisterAsync(
                    new AgentDescription(_options.Name, _options.Groups, _agent.CommandNames, _tunnel.Transport), _stop.Token);
                LogRegistered(_logger, _options.Name, _tunnel.Transport);
                delay = _options.ReconnectDelay;
                await _tunnel.SessionCompletion.WaitAsync(_stop.Token);
                LogDisconnected(_logger, _options.Name);
            }
            catch (TunnelException error)
            {
                LogFailed(_logger, _options.Name, error.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(delay, _options.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Agent} joined the fleet over {Transport}.")]
    private static partial void LogRegistered(ILogger logger, string agent, string? transport);

    [LoggerMessage(2, LogLevel.Warning, "{Agent} was disconnected and connects again.")]
    private static partial void LogDisconnected(ILogger logger, string agent);

    [LoggerMessage(3, LogLevel.Warning, "{Agent} cannot join the fleet: {Reason}")]
    private static partial void LogFailed(ILogger logger, string agent, string reason);
}
