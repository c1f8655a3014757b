using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Client;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab;

/// <summary>A minute without a call, which is more than many proxies let a silent connection live.</summary>
[SupportedOSPlatform("linux")]
public sealed class IdlePaths(IdlePaths.IdleFixture minute, ITestOutputHelper output) : IClassFixture<IdlePaths.IdleFixture>
{
    public static TheoryData<string> Names => ProxyTable.Names(_ => true);

    [LongTheory, MemberData(nameof(Names))]
    public async Task Sessions_outlive_a_minute_without_calls_whatever_carries_them(string name)
    {
        IReadOnlyList<IdleSession> sessions = await minute.GetIdleSessionsAsync(name);

        string[] faults = await Task.WhenAll(sessions.Select(CallAsync));

        faults.Where(fault => fault.Length > 0).ShouldBeEmpty();
        output.WriteLine($"Idle for a minute: {string.Join(", ", sessions.Select(s => s.Name))}.");
    }

    /// <summary>What is wrong with a session after the minute; empty when nothing is.</summary>
    private static async Task<string> CallAsync(IdleSession idle)
    {
        try
        {
            ILabService service = idle.Client.Get<ILabService>();
            (await service.EchoAsync("still there").WaitAsync(Workload.HangTimeout)).ShouldBe("still there");
            (await service.CallBackAsync("still there").WaitAsync(Workload.HangTimeout)).ShouldBe("STILL THERE");
            return idle.Client.SessionId == idle.Session ? "" : $"{idle.Name}: the session was lost, and another one made by {idle.Client.Transport}.";
        }
        catch (Exception error)
        {
            // Told beside those of the path's other sessions.
            return $"{idle.Name}: {error.Message}";
        }
    }

    /// <summary>All paths spend the same minute: it begins with the first test.</summary>
    [SupportedOSPlatform("linux")]
    public sealed class IdleFixture : IAsyncLifetime, IDisposable
    {
        private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

        // How many proxies start at once; more only wait for each other.
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
                    await path.ContinueWith(t => t.IsCompletedSuccessfully ? t.Result.DisposeAsync().AsTask() : Task.CompletedTask, TaskScheduler.Default).Unwrap();
                }
            }
        }

        public void Dispose() => _starting.Dispose();

        private async Task<IdlePath> KeepIdleAsync(ProxyPath path)
        {
            IdlePath waiting;
            await _starting.WaitAsync();
            try
            {
                LabSetup setup = await LabSetup.StartAsync(path);
                IdleSession[] sessions = await Task.WhenAll(ProxyTable.InOrder(path.WorkingTransports).Select(t => OpenAsync(setup, t)));
                waiting = new IdlePath(setup, sessions);
            }
            finally
            {
                _starting.Release();
            }

            using var idle = new PeriodicTimer(Idle);
            await idle.WaitForNextTickAsync();
            return waiting;
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

    /// <summary>A session that waits.</summary>
    internal sealed record IdleSession(string Name, TunnelClient Client, string? Session);
}
