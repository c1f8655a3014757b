using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>
/// Tests contracts in one assembly that another assembly implements, inherits from and calls. Each is compiled with the generator and run.
/// </summary>
public sealed class AssemblyTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Threading;
        using System.Threading.Tasks;
        using TunnelRpc;

        """;

    private const string Contracts = Usings + """
        namespace Acme.Contracts;

        [TunnelService(Name = "stock")]
        public partial interface IStock
        {
            Task<Item> FindAsync(string name, int count = 3, CancellationToken cancellationToken = default);
            [OneWay] Task TouchAsync(Item item);
        }

        public interface IPlain<T>
        {
            [TunnelMethod(Name = "renamed")] Task<T> SameAsync(T value, string suffix = "!");
        }

        public sealed record Item(string Name, int Count, Kind Kind = Kind.Big);

        public enum Kind { Small, Big }
        """;

    private const string Server = Usings + """
        using Acme.Contracts;

        namespace Acme.Server;

        [TunnelService(Name = "shop")]
        public partial interface IShop : IStock, IPlain<Item>
        {
            Task<List<Item>> SellAsync(Item item);
        }

        public sealed class Shop : IShop
        {
            public List<string> Touched { get; } = [];
            public Task<Item> FindAsync(string name, int count, CancellationToken cancellationToken) => Task.FromResult(new Item(name, count));
            public Task TouchAsync(Item item) { Touched.Add(item.Name); return Task.CompletedTask; }
            public Task<Item> SameAsync(Item value, string suffix) => Task.FromResult(value with { Name = value.Name + suffix });
            public Task<List<Item>> SellAsync(Item item) => Task.FromResult(new List<Item> { item, item });
        }

        public static class Program
        {
            private static T Stub<T>(TunnelInvoker invoker) where T : class, ITunnelService<T> => T.TunnelDefinition.CreateStub(invoker);

            public static async Task<string> RunAsync(Func<object, TunnelInvoker> connect)
            {
                var shop = new Shop();
                IStock stock = Stub<IStock>(connect(shop));
                IShop derived = Stub<IShop>(connect(shop));
                Item found = await stock.FindAsync("nail");
                await ((IStock)derived).TouchAsync(found);
                Item same = await derived.SameAsync(found);
                List<Item> sold = await derived.SellAsync(same);
                return $"{sold.Count} {sold[1].Name} {sold[1].Count} {sold[1].Kind} {string.Join(",", shop.Touched)} {(await derived.FindAsync("x", 4)).Count}";
            }
        }
        """;

    [Fact]
    public async Task Contract_of_other_assembly_can_be_implemented_inherited_and_called()
    {
        byte[] contracts = Generate("Contracts", Contracts);
        byte[] server = Generate("Server", Server, MetadataReference.CreateFromImage(contracts));

        string result = await RunAsync(server, contracts);

        result.ShouldBe("2 nail! 3 Big nail 4");
    }

    [Fact]
    public async Task Assembly_with_internals_visible_may_have_formatters_of_same_types()
    {
        byte[] contracts = Generate("Contracts", Contracts.Replace(
            "namespace Acme", "[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"Server\")]\nnamespace Acme",
            StringComparison.Ordinal));
        byte[] server = Generate("Server", Server, MetadataReference.CreateFromImage(contracts));

        string result = await RunAsync(server, contracts);

        result.ShouldBe("2 nail! 3 Big nail 4");
    }

    [Fact]
    public async Task Invalid_inherited_method_of_other_assembly_is_reported_at_derived_contract()
    {
        byte[] contracts =
            Compilations.EmitImage(
                Compilations.Create(Usings + "public interface IBase { Task PutAsync(object value); }").WithAssemblyName("Contracts"));
        Compilation server = Compilations.Create(Usings + "[TunnelService] public partial interface IBad : IBase { }")
            .AddReferences(MetadataReference.CreateFromImage(contracts));

        Diagnostic problem = (await Compilations.AnalyzeAsync(server)).ShouldHaveSingleItem();

        problem.Id.ShouldBe("TRPC0204");
        problem.GetMessage(null).ShouldContain("'value of IBase.PutAsync'");
        problem.Location.SourceTree!.GetText().ToString(problem.Location.SourceSpan).ShouldBe("IBad");
    }

    private static byte[] Generate(string assembly, string source, params MetadataReference[] references)
    {
        Compilation compilation = Compilations.Create(source).WithAssemblyName(assembly).AddReferences(references);
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        return Compilations.EmitImage(output);
    }

    private static async Task<string> RunAsync(byte[] server, params byte[][] others)
    {
        var context = new AssemblyLoadContext(nameof(AssemblyTests), isCollectible: true);
        try
        {
            foreach (byte[] other in others)
            {
                context.LoadFromStream(new MemoryStream(other));
            }

            MethodInfo run =
                context.LoadFromStream(new MemoryStream(server)).GetType("Acme.Server.Program", throwOnError: true)!.GetMethod("RunAsync")!;
            return await (Task<string>)run.Invoke(null, [(Func<object, TunnelInvoker>)(service => new LoopInvoker(service))])!;
        }
        finally
        {
            context.Unload();
        }
    }
}
