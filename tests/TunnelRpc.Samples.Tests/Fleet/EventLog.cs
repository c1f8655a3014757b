using Microsoft.Extensions.Logging;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Collects the log of the sample, so that tests can wait for a line.</summary>
internal sealed class EventLog : ILoggerProvider
{
    private readonly Lock _gate = new();

    // Guarded by _gate: the lines, and the source that the next line completes.
    private readonly List<string> _lines = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Waits until at least <paramref name="count"/> lines contain <paramref name="text"/>.</summary>
    public async Task WaitForAsync(string text, int count = 1)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_lines.Count(l => l.Contains(text, StringComparison.Ordinal)) >= count)
                {
                    return;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(FleetApp.Guard);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"Expected {count} lines with '{text}' in the log, got:\n{string.Join('\n', Lines)}");
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose()
    {
    }

    private void Add(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Logger(EventLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Add(formatter(state, exception));
    }
}
