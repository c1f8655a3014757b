using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Testing.Hosting;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>A version of a contract, compiled into an assembly of its own: it can serve and it can call.</summary>
internal sealed class ContractPeer : IDisposable
{
    private readonly AssemblyLoadContext _context;
    private readonly Type _peer;

    private ContractPeer(AssemblyLoadContext context, Assembly assembly)
    {
        _context = context;
        _peer = assembly.GetType("Acme.Peer", throwOnError: true)!;
        Model = new LockModel(assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(a => a.Key == AssemblyFacts.Key)
            .SelectMany(a => AssemblyFacts.Expand(a.Value!)));
    }

    /// <summary>The facts that the generator wrote into the assembly.</summary>
    public LockModel Model { get; }

    /// <summary>Compiles a version.</summary>
    public static ContractPeer Create(ContractVersion version)
    {
        Compilation compilation = Compilations.Create(version.Source);
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        var context = new AssemblyLoadContext("Version", isCollectible: true);
        using var image = new MemoryStream(Compilations.EmitImage(output));
        return new ContractPeer(context, context.LoadFromStream(image));
    }

    /// <summary>Returns what a client of this version receives from a server of another: the text, or the exception.</summary>
    public async Task<string> CallAsync(ContractPeer server)
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(
            server.Serve, options => options.ConfigureClient = Configure);
        try
        {
            return await CallAsync(host.Client);
        }
        catch (TunnelException error)
        {
            return $"{error.Status}: {error.Message}";
        }
    }

    /// <summary>Returns what a client of this version receives: the text.</summary>
    public Task<string> CallAsync(TunnelClient client) =>
        Method<Func<TunnelClient, Task<string>>>("CallAsync")(client).WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Registers the implementation at a server.</summary>
    public void Serve(TunnelServerBuilder server) => Method<Action<TunnelServerBuilder>>("Serve")(server);

    /// <summary>Sets the options of a client.</summary>
    public void Configure(TunnelClientOptions options) => Method<Action<TunnelClientOptions>>("Configure")(options);

    public void Dispose() => _context.Unload();

    private T Method<T>(string name)
        where T : Delegate => _peer.GetMethod(name).ShouldNotBeNull().CreateDelegate<T>();
}
