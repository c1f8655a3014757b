using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>Sessions without calls for a minute, longer than the idle timeout of many proxies.</summary>
[SupportedOSPlatform("linux")]
public sealed class IdlePaths(IdlePaths.IdleFixture fixture, ITestOutputHelper output) : IClassFixture<IdlePaths.IdleFixture>
{
    public static TheoryData<string> Names => ProxyTable.Names(_ => true);

    [LongTheory, MemberData(nameof(Names))]
    public async Task Session_survives_a_minute_without_calls(string name)
    {
        IReadOnlyList<IdleSession> sessions = await fixture.GetIdleSessionsAsync(name);

        string[] errors = await Task.WhenAll(sessions.Select(CallAsync));

        errors.Where(error => error.Length > 0).ShouldBeEmpty();
        output.WriteLine($"Idle for a minute: {string.Join(", ", sessions.Select(s => s.Name))}.");
    }

    /// <summary>Makes calls in a session after the minute; returns an error, or an empty string if there is none.</summary>
    private static async Task<string> CallAsync(IdleSession idle)
    {
        try
        {
            ILabService service = idle.Client.Get<ILabService>();
            (await service.EchoAsync("still there").WaitAsync(Workload.HangTimeout)).ShouldBe("still there");
            (await service.CallBackAsync("still there").WaitAsync(Workload.HangTimeout)).ShouldBe("STILL THERE");
            return idle.Client.SessionId == idle.Session
                ? ""
                : $"{idle.Name}: the session ended, and was replaced by one over {idle.Client.Transport}.";
        }
        catch (Exception error)
        {
            // The test reports it together with the errors of the path's other sessions.
            return $"{idle.Name}: {error.Message}";
        }
    }

    /// <summary>Keeps all paths idle during the same minute, which starts with the first test.</summary>
    [SupportedOSPlatform("linux")]
    public sealed class IdleFixture : IAsyncLifetime, IDisposable
    {
        private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

        // The number of proxies that start concurrently; more would not start faster.
        private readonly SemaphoreSlim _starting = new(2);
        private readonly Lazy<Dictionary<string, Task<IdlePath>>> _paths;

        public IdleFixture() => _paths = new(() => ProxyTable.Paths.ToDictionary(p => p.ToString(), KeepIdleAsync));

        public Task InitializeAsync() => Task.CompletedTask;

        internal async Task<IReadOnlyList<IdleSession>> GetIdleSessionsAsync(string name) => (await _paths.Value[name]).Sessions;

        public async Task DisposeAsync()
        {
            if (_paths.IsValueCreated)
            {
                foreach (Task<IdlePath> path in _paths.Value.Values)
                {
                    await path
                        .ContinueWith(
                            t => t.IsCompletedSuccessfully ? t.Result.DisposeAsync().AsTask() : Task.CompletedTask, TaskScheduler.Default)
                        .Unwrap();
                }
            }
        }

        public void Dispose() => _starting.Dispose();

        private async Task<IdlePath> KeepIdleAsync(ProxyPath path)
        {
            IdlePath idlePath;
            await _starting.WaitAsync();
            try
            {
                LabSetup setup = await LabSetup.StartAsync(path);
                IdleSession[] sessions = await Task.WhenAll(ProxyTable.InOrder(path.WorkingTransports).Select(t => OpenAsync(setup, t)));
                idlePath = new IdlePath(setup, sessions);
            }
            finally
            {
                _starting.Release();
            }

            using var idle = new PeriodicTimer(Idle);
            await idle.WaitForNextTickAsync();
            return idlePath;
        }

        private static async Task<IdleSession> OpenAsync(LabSetup setup, string transport)
        {
            TunnelClient client = await setup.ConnectAsync(options => LabSetup.UseOnly(options, transport)).WaitAsync(Workload.HangTimeout);
            (await client.Get<ILabService>().EchoAsync("hello").WaitAsync(Workload.HangTimeout)).ShouldBe("hello");
            return new IdleSession(transport, client, client.SessionId);
        }

        private sealed record IdlePath(LabSetup Setup, IReadOnlyList<IdleSession> Sessions) : IAsyncDisposable
        {
            public async ValueTask DisposeAsync()
            {
                foreach (IdleSession session in Sessions)
                {
                    await session.Client.DisposeAsync();
                }

                await Setup.DisposeAsync();
            }
        }
    }

    /// <summary>A session that is kept idle.</summary>
    internal sealed record IdleSession(string Name, TunnelClient Client, string? Session);
}
