using Microsoft.CodeAnalysis;
using Shouldly;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Generators.Parsing;
using Xunit;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>The facts that the generator writes into an assembly.</summary>
public sealed class ContractFactsTests
{
    [Fact]
    public void Every_fact_of_a_contract_is_in_the_lock()
    {
        string text = Lock("""
            using System; using System.Collections.Generic; using System.Threading; using System.Threading.Tasks; using TunnelRpc;
            namespace Acme;

            [TunnelService(Name = "fleet one", Callback = typeof(IAgent), Dispatch = TunnelDispatch.Ordered)]
            public partial interface IFleet
            {
                [Idempotent, Timeout("30s"), TunnelFault(typeof(NotFound), Name = "not-found")]
                Task<List<Job?>> FindAsync(
                    string name, int count = 5, Kind? kind = null, string text = "a b", CancellationToken token = default);
                [OneWay] ValueTask TouchAsync(Shape shape);
                IAsyncEnumerable<Point> WatchAsync(IAsyncEnumerable<Guid> ids, Pair<int, string?> pair, IAgent agent);
                [TunnelMethod(Name = "drop it")] Task DropAsync();
            }

            [TunnelService(Name = "agent")] public partial interface IAgent { Task RunAsync(Dictionary<string, byte[]>? files); }
            public sealed record Job(string Name, int Count = 1) { public required long Id { get; init; } public Job? Next { get; set; } }
            public sealed class Point { [TunnelMember(0)] public int X { get; set; } [TunnelMember(3)] public int? Y { get; set; } }
            public sealed record Pair<T1, T2>(T1 First, T2 Second);
            [TunnelUnion(0, typeof(Circle)), TunnelUnion(5, typeof(Square))] public abstract record Shape;
            public sealed record Circle(double Radius) : Shape;
            public sealed record Square([property: TunnelMember("side")] double Side) : Shape;
            public sealed record NotFound(string Name);
            public enum Kind : byte { None, Some = 200 }
            """);

        text.ShouldBe("""
            # TunnelRpc contract lock, format 1. "tunnelrpc contract lock" writes this file. Facts are sorted, one in a line.
            enum Acme.Kind uint8
            enum Acme.Kind value None 0
            enum Acme.Kind value Some 200
            method agent/RunAsync parameter 0 map<string,binary>? files
            method agent/RunAsync result nil
            method agent/RunAsync unary 0xe8a9bac8
            method fleet%20one/FindAsync fault not-found Acme.NotFound?
            method fleet%20one/FindAsync idempotent
            method fleet%20one/FindAsync parameter 0 string name
            method fleet%20one/FindAsync parameter 1 int32 count =5
            method fleet%20one/FindAsync parameter 2 Acme.Kind? kind =null
            method fleet%20one/FindAsync parameter 3 string text =%22a%20b%22
            method fleet%20one/FindAsync result array<Acme.Job?>
            method fleet%20one/FindAsync timeout 00:00:30
            method fleet%20one/FindAsync unary 0xID1
            method fleet%20one/TouchAsync one-way 0xID2
            method fleet%20one/TouchAsync parameter 0 Acme.Shape shape
            method fleet%20one/WatchAsync duplex 0xID3
            method fleet%20one/WatchAsync parameter 0 Acme.Pair{int,string?} pair
            method fleet%20one/WatchAsync parameter 1 service<agent> agent
            method fleet%20one/WatchAsync result Acme.Point
            method fleet%20one/WatchAsync stream guid ids
            method fleet%20one/drop%20it result nil
            method fleet%20one/drop%20it unary 0xID4
            service agent
            service fleet%20one
            service fleet%20one callback agent
            service fleet%20one ordered
            type Acme.Circle map
            type Acme.Circle member Radius float64
            type Acme.Job map
            type Acme.Job member Count int32
            type Acme.Job member Id int64 required
            type Acme.Job member Name string required
            type Acme.Job member Next Acme.Job?
            type Acme.NotFound map
            type Acme.NotFound member Name string required
            type Acme.Pair{int,string?} map
            type Acme.Pair{int,string?} member First int32
            type Acme.Pair{int,string?} member Second string?
            type Acme.Point array
            type Acme.Point member 0 int32 X
            type Acme.Point member 3 int32? Y
            type Acme.Shape case 0 Acme.Circle
            type Acme.Shape case 5 Acme.Square
            type Acme.Shape union
            type Acme.Square map
            type Acme.Square member side float64

            """
            .Replace("0xID1", Id("fleet one/FindAsync"), StringComparison.Ordinal)
            .Replace("0xID2", Id("fleet one/TouchAsync"), StringComparison.Ordinal)
            .Replace("0xID3", Id("fleet one/WatchAsync"), StringComparison.Ordinal)
            .Replace("0xID4", Id("fleet one/drop it"), StringComparison.Ordinal)
            .Replace("0xe8a9bac8", Id("agent/RunAsync"), StringComparison.Ordinal));
    }

    [Fact]
    public void Every_formatter_has_a_wire_type() =>
        KnownTypes.Primitives.Values.Concat(KnownTypes.Singletons.Values).Concat(KnownTypes.Generics.Values)
            .Concat(["ArrayFormatter", "Array2DFormatter", "Array3DFormatter", "Array4DFormatter", "ValueTupleFormatter", "TupleFormatter"])
            .Where(formatter => !WireTypes.Has(formatter)).ShouldBeEmpty("WireTypes needs an entry.");

    [Fact]
    public void Page_lists_every_wire_type()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "pages", "docs", "contract-lock.md"));

        WireTypes.All.Where(t => !page.Contains($"`{t}`", StringComparison.Ordinal) && !page.Contains($"`{t}<", StringComparison.Ordinal))
            .ShouldBeEmpty("docs/contract-lock.md lists the wire types.");
    }

    [Fact]
    public void Contract_with_an_error_has_no_facts() =>
        Lock("using System.Threading.Tasks; [TunnelRpc.TunnelService] public partial interface IBad { Task AAsync(object value); }")
            .Split('\n').Length.ShouldBe(2);

    private static string Id(string method) => $"0x{WireHash.Of(method):x8}";

    private static string Lock(string source)
    {
        Compilation compilation = Compilations.Create(source);
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        IEnumerable<string> values = output.Assembly.GetAttributes()
            .Where(a => a.AttributeClass!.Name == "AssemblyMetadataAttribute" && a.ConstructorArguments[0].Value is AssemblyFacts.Key)
            .Select(a => (string)a.ConstructorArguments[1].Value!);
        return LockFile.Format(values.SelectMany(AssemblyFacts.Expand), []);
    }
}
