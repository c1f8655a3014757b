using System.Reflection;
using System.Runtime.Loader;
using TunnelRpc.Generators.Tests.RoundTrip;
using TunnelRpc.Serialization;

namespace TunnelRpc.Generators.Tests.Corpus;

/// <summary>A compiled file of the corpus, loaded until it is disposed.</summary>
internal sealed class CorpusAssembly : IDisposable
{
    private const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly AssemblyLoadContext _context;
    private readonly Assembly _assembly;

    /// <summary>Loads the assembly and the library that it references.</summary>
    public CorpusAssembly(string name, byte[] image, byte[]? library)
    {
        _context = new AssemblyLoadContext(name, isCollectible: true);
        if (library is not null)
        {
            _context.LoadFromStream(new MemoryStream(library));
        }

        _assembly = _context.LoadFromStream(new MemoryStream(image));
    }

    /// <summary>The properties of the class Values: the declared type and the value.</summary>
    public IEnumerable<(string Name, Type Type, object? Value)> Values =>
        from property in _assembly.GetTypes().Single(t => t.Name == "Values").GetProperties(Statics)
        select (property.Name, property.PropertyType, property.GetValue(null));

    /// <summary>
    /// The unary methods with a result that can be written without a call: the name, the type of the result and its formatter.
    /// </summary>
    public IReadOnlyList<(string Name, Type Result, object Formatter)> Methods =>
    [
        .. from contract in _assembly.GetTypes()
           where contract.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ITunnelService<>)
               && i.GetGenericArguments()[0] == contract)
           from method in Invoke<IEnumerable<(string, Type, object)?>>(nameof(MethodsOf), contract)
           where method is not null && method.Value.Item2 != typeof(Unit)
           select method.Value,
    ];

    /// <summary>The types of the corpus that have a generated formatter, without those that have no objects of their own.</summary>
    public IEnumerable<Type> FormattedTypes =>
        from formatter in _assembly.GetTypes()
        from implemented in formatter.GetInterfaces()
        where implemented.IsGenericType && implemented.GetGenericTypeDefinition() == typeof(ITunnelFormatter<>)
        let type = implemented.GetGenericArguments()[0]
        where Contains(type.Assembly) && !type.IsAbstract && type.Namespace?.StartsWith("TunnelRpc", StringComparison.Ordinal) == false
        select type;

    /// <summary>Returns whether the assembly belongs to the file.</summary>
    public bool Contains(Assembly assembly) => AssemblyLoadContext.GetLoadContext(assembly) == _context;

    /// <summary>Writes and reads a value.</summary>
    public static object? Through(Type type, object formatter, object? value) =>
        Invoke<object?>(nameof(ThroughFormatter), type, formatter, value);

    public void Dispose() => _context.Unload();

    private static T Invoke<T>(string method, Type typeArgument, params object?[] arguments) =>
        (T)typeof(CorpusAssembly).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(typeArgument)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private static object? ThroughFormatter<T>(object formatter, object? value) => Loop.Through((ITunnelFormatter<T>)formatter, (T)value!);

    private static IEnumerable<(string Name, Type Result, object Formatter)?> MethodsOf<TService>()
        where TService : class, ITunnelService<TService> =>
        [.. TService.TunnelDefinition.Methods.Select(m => m.Accept(new Results<TService>()))];

    private sealed class Results<TService> : ITunnelMethodVisitor<TService, (string Name, Type Result, object Formatter)?>
        where TService : class
    {
        public (string Name, Type Result, object Formatter)? VisitUnary<TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method) =>
            method.HasReferences ? null : (method.FullName, typeof(TResult), method.ResultFormatter);

        public (string Name, Type Result, object Formatter)? VisitOneWay<TArgs>(OneWayMethod<TService, TArgs> method) => null;

        public (string Name, Type Result, object Formatter)? VisitServerStreaming<TArgs, TItem>(
            ServerStreamingMethod<TService, TArgs, TItem> method) => null;

        public (string Name, Type Result, object Formatter)? VisitClientStreaming<TArgs, TItem, TResult>(
            ClientStreamingMethod<TService, TArgs, TItem, TResult> method) => null;

        public (string Name, Type Result, object Formatter)? VisitDuplexStreaming<TArgs, TItem, TResultItem>(
            DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method) => null;
    }
}
