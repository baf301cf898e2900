import  os,sys
def  f( a,b = 1 ,*args,**kw ) :
  if a : return { 'x':1,"y" : [ 1,2,
     3 ] }
  else :
        x = lambda  q:q+ 1
        return x( a )
class  C( object ) :
    def m( self ) : return f( 1 ) [ 'x' ]
