using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>
/// A Kestrel server with httpsock at "/sock", "/other" and "/rooms/{room}", one handler for all. The field "User" of a request names its
/// user. Its clock is a fake one.
/// </summary>
internal sealed class SockApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SockApp(WebApplication app, FakeTimeProvider time, ConcurrentQueue<string> log)
    {
        _app = app;
        Time = time;
        Log = log;
    }

    public FakeTimeProvider Time { get; }

    /// <summary>All log entries, with their exceptions.</summary>
    public ConcurrentQueue<string> Log { get; }

    public Uri Root => new(_app.Urls.First());

    public Uri Address => new(Root, "/sock");

    public static Func<HttpSockConnection, CancellationToken, Task> Echo { get; } =
        (connection, aborted) => connection.Stream.CopyToAsync(connection.Stream, aborted);

    public static async Task<SockApp> StartAsync(
        Func<HttpSockConnection, CancellationToken, Task> handler, Action<HttpSockServerOptions>? configure = null)
    {
        var time = new FakeTimeProvider();
        var log = new ConcurrentQueue<string>();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(new LogCollector(log));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        WebApplication app = builder.Build();
        app.Use((context, next) =>
        {
            if (context.Request.Headers["User"] is [{ } name])
            {
                context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, name)], "test"));
            }

            return next(context);
        });
        foreach (string pattern in (string[])["/sock", "/other", "/rooms/{room}"])
        {
            app.MapHttpSock(pattern, handler, options =>
            {
                options.TimeProvider = time;
                configure?.Invoke(options);
            });
        }

        await app.StartAsync();
        return new SockApp(app, time, log);
    }

    public Task StopAsync() => _app.StopAsync().DefaultTimeout();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class LogCollector(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
