using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;

namespace TunnelRpc.Faults.Tests.Negotiation;

/// <summary>
/// Records the reports that a client logs. The first one is that of its negotiation; <see cref="TunnelClient.Report"/> is the current one,
/// and the session may have migrated to a preferred transport before a test reads that.
/// </summary>
internal sealed class ReportRecorder : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<PathReport> _reports = new();

    /// <summary>The report of the first negotiation; logged before ConnectAsync completes.</summary>
    public PathReport First => _reports.First();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This factory has no other providers.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (state is IEnumerable<KeyValuePair<string, object?>> values)
        {
            foreach (PathReport report in values.Select(value => value.Value).OfType<PathReport>())
            {
                _reports.Enqueue(report);
            }
        }
    }

    public void Dispose()
    {
        // Nothing to release.
    }
}
