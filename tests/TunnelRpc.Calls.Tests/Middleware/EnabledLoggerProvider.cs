using Microsoft.Extensions.Logging;

namespace TunnelRpc.Calls.Tests.Middleware;

/// <summary>Loggers that are enabled at every level and discard everything: a logging middleware does nothing without one.</summary>
internal sealed class EnabledLoggerProvider : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => formatter(state, exception);

    public void Dispose()
    {
    }
}
